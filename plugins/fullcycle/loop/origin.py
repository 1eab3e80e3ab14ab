"""Whether what an earlier command handed over belongs to the environment's provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import Artifact

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.model import Release
    from fullcycle.project import Project


def handed_over(project: Project) -> tuple[Artifact, Path | None]:
    """The artifact that was built, and where its content waits, if in a file or folder.

    Raises:
        UsageError: there is none, or another provider built it: only that one can start and
            publish it.
    """
    artifact = project.handoff.require("artifact", Artifact, "build")
    if artifact.provider != project.environment.provider:
        raise _foreign(project, "artifact", artifact.kind, artifact.provider, "build")
    return artifact, project.handoff.blobs / artifact.path if artifact.path else None


def known_here(project: Project, release: Release) -> Release:
    """A release that was handed over, as the environment's registry knows it.

    A release of another provider is looked up by its digest: registries can be shared.

    Raises:
        UsageError: the registry doesn't have it.
    """
    if release.provider in {"", project.environment.provider}:
        return release
    found = project.platform.require("registry").find(release.digest)
    if found is None:
        raise _foreign(project, "release", release.kind, release.provider, "release")
    return found


def _foreign(project: Project, what: str, kind: str, provider: str, again: str) -> UsageError:
    name, own = project.environment_name, project.environment.provider
    return UsageError(
        f"the {what} handed over is of the kind {kind!r}, made by provider {provider!r};"
        f" environment {name!r} uses provider {own!r}",
        hint=f"run `invoke {again} --env {name}`",
    )
