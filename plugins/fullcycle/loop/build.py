"""The stage `build`: one artifact, named by its content."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fullcycle.pipeline.step import Step, StepContext

from .recipes import of_build

if TYPE_CHECKING:
    from fullcycle.project import Project
    from fullcycle.providers import Source


def steps(project: Project) -> list[Step]:
    """One step: the environment's provider builds, the artifact is handed over."""

    def build(context: StepContext) -> None:
        provider = project.environment.provider
        built = project.platform.require("builder").build(source(project), context)
        artifact = replace(built, provider=provider)
        project.handoff.write("artifact", artifact)
        context.log(f"{artifact.app} {artifact.version} {artifact.digest}")
        context.summarize(f"{artifact.version} {artifact.digest[:19]} {artifact.size / 1e6:.1f} MB")

    return [
        Step(
            name="build",
            action=build,
            recipe=of_build(project),
            timeout=project.settings.build.timeout,
            describe=f"build the artifact ({project.settings.build.kind})",
        )
    ]


def source(project: Project) -> Source:
    """What the build starts from: the work tree, and the version git says it is."""
    from fullcycle.providers import Source

    blobs = project.handoff.blobs
    blobs.mkdir(parents=True, exist_ok=True)
    return Source(
        app=project.name,
        root=project.root,
        version=project.versioning.next,
        revision=project.repository.head(),
        dirty=project.repository.is_dirty(),
        epoch=project.repository.commit_time(),
        output=blobs,
        build=project.settings.build,
        port=project.settings.app.port,
    )
