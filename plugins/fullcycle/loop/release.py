"""The stage `release`: a version, its papers, its place in the registry, its git tag."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.errors import StepError, UsageError
from fullcycle.model import Release
from fullcycle.pipeline.step import Step, StepContext
from fullcycle.project import actor

from .origin import handed_over, known_here

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.model import Artifact
    from fullcycle.project import Project


def steps(project: Project) -> list[Step]:
    """One step, in an order that a kill may interrupt anywhere.

    Publishing and tagging the same thing again changes nothing.
    """

    def release(context: StepContext) -> None:
        artifact, content = handed_over(project)
        _check_revision(project, artifact)
        published = _publish(project, artifact, content, context)
        _attach_papers(project, published, artifact, content)
        _tag(project, published, context)
        project.handoff.write("release", published)
        _prune(project, published, context)
        context.summarize(f"{published.version} {published.digest[:19]}")

    return [Step(name="release", action=release, describe="publish, tag and document the version")]


def _check_revision(project: Project, artifact: Artifact) -> None:
    head = project.repository.head()
    if artifact.revision != head:
        raise UsageError(
            f"the artifact was built from {artifact.revision[:9]}, but HEAD is {head[:9]}",
            hint="run `invoke build` again, or check out the commit it was built from",
        )


def _publish(
    project: Project, artifact: Artifact, content: Path | None, context: StepContext
) -> Release:
    from fullcycle.versioning.changelog import section

    registry = project.platform.require("registry")
    known = registry.find(artifact.version)
    if known is not None and known.digest == artifact.digest:
        context.log(f"{artifact.version} is released already")
        return known
    versioning = project.versioning
    release = Release(
        app=artifact.app,
        version=artifact.version,
        digest=artifact.digest,
        kind=artifact.kind,
        registry="",
        revision=artifact.revision,
        tag=versioning.tag if versioning.final and not artifact.dirty else None,
        created=datetime.now(UTC),
        released_by=actor(),
        provider=artifact.provider,
        notes=section(artifact.version, versioning.commits),
    )
    published = registry.publish(artifact, release, content)
    context.log(f"published {published.version} as {published.digest} in {published.registry}")
    return published


def _attach_papers(
    project: Project, release: Release, artifact: Artifact, content: Path | None
) -> None:
    """SBOM and provenance, beside the content in the registry."""
    from fullcycle.versioning.provenance import statement
    from fullcycle.versioning.sbom import bill_of_materials

    registry = project.platform.require("registry")
    epoch = project.repository.commit_time()
    registry.attach(release, "sbom.cdx.json", bill_of_materials(release, content, epoch))
    registry.attach(
        release, "provenance.json", statement(artifact, project.repository.origin_url())
    )


def _tag(project: Project, release: Release, context: StepContext) -> None:
    from fullcycle.versioning.tag import push, tag

    if release.tag is None:
        context.log(f"{release.version} is a development version: no git tag")
        return
    context.log(tag(project.repository, release.tag, release.revision, release.notes))
    if project.settings.release.push:
        context.log(push(project.repository, release.tag))


def verify(project: Project) -> tuple[Release, list[str]]:
    """A release, and what is amiss with it, one line each."""
    release = find(project)
    return release, list(project.platform.require("registry").verify(release))


def _prune(project: Project, release: Release, context: StepContext) -> None:
    """Old releases go; those that run somewhere, or that a rollback needs, stay."""
    needed = {release.digest} | {
        deployment.workload.release.digest for deployment in project.ledger.deployments()
    }
    history = project.platform.capabilities.history
    if history is not None:
        needed |= {each.workload.release.digest for each in history.list()}
    registry = project.platform.require("registry")
    try:
        pruned = registry.prune(project.settings.release.keep, frozenset(needed))
    except StepError as error:
        context.log(f"old releases stay: {error}")
        return
    for old in pruned:
        context.log(f"pruned {old.version}")


def find(project: Project) -> Release:
    """The release a command means: the one named, the one handed over, or the newest.

    Raises:
        UsageError: there is none.
    """
    registry = project.platform.require("registry")
    wanted = project.choices.release
    if wanted:
        found = registry.find(wanted)
        if found is None:
            known = ", ".join(each.version for each in registry.list()[:5]) or "none"
            raise UsageError(f"no release {wanted!r} in the registry", hint=f"newest: {known}")
        return replace(found)
    last = project.handoff.read("release", Release)
    if last is not None:
        return known_here(project, last)
    newest = registry.list()
    if not newest:
        raise UsageError("nothing is released", hint="run `invoke release` first")
    return newest[0]
