"""What a run hands to later steps and jobs of the CI server: what was released, and where it is."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.model import Artifact, Deployment, Release, Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fullcycle.model import Run
    from fullcycle.project import Project

PREFIX = "APP_"
"""Of the variables in the file. Not FULLCYCLE_: such variables are settings."""


def outputs(project: Project, run: Run) -> dict[str, str]:
    """`version`, `digest` and `tag` of what is handed on, and `url` of what the run deployed."""
    found: dict[str, str | None] = {}
    with suppress(FullcycleError):
        made = project.handoff.read("release", Release) or project.handoff.read(
            "artifact", Artifact
        )
        if made is not None:
            found = {"version": made.version, "digest": made.digest}
            found["tag"] = made.tag if isinstance(made, Release) else None
    with suppress(FullcycleError):
        found["url"] = _url(project, run)
    return {name: " ".join(value.split()) for name, value in found.items() if value}


def dotenv(values: Mapping[str, str]) -> str:
    """The outputs as lines `APP_VERSION=…`: GitLab's dotenv report, and a shell's `source`."""
    return "".join(f"{PREFIX}{name.upper()}={value}\n" for name, value in values.items())


def _url(project: Project, run: Run) -> str | None:
    """Where users reach what this run deployed last."""
    from fullcycle.environment import Platform

    ended = {step.name.partition(".")[0] for step in run.steps if step.result is Result.SUCCESS}
    deployed = project.handoff.read("deployment", Deployment) if "deploy" in ended else None
    if deployed is None:
        return None
    name, loaded = deployed.environment, project.loaded
    return Platform(loaded.provider(name), loaded.target(name)).runtime.status().url
