"""The stage `test`: the project's suites, and a smoke test of the built artifact itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fullcycle.pipeline.step import Step, StepContext

from .commands import command_step

if TYPE_CHECKING:
    from fullcycle.project import Project
    from fullcycle.settings.schema import TestStep


def steps(project: Project) -> list[Step]:
    """A step per suite, and the smoke test where there is something to start."""
    suites = [_suite(project, name, each) for name, each in project.settings.test.items()]
    if project.settings.smoke.enabled and project.settings.app.run:
        suites.append(_smoke(project))
    return suites


def _suite(project: Project, name: str, settings: TestStep) -> Step:
    step = command_step("test", name, settings)
    if not settings.reports:
        return step

    def run(context: StepContext) -> None:
        from time import time

        from fullcycle.observe.junit import collect

        began = time()
        command = ("/bin/sh", "-c", settings.run)
        completed = context.run(command, env=settings.env, check=False)
        suite = collect(project.root, settings.reports, since=began)
        context.summarize(suite.summary)
        suite.raise_failures(completed)

    return replace(step, action=run, describe=settings.run)


def _smoke(project: Project) -> Step:
    def smoke(context: StepContext) -> None:
        from fullcycle.model import Artifact

        from .workload import unreleased

        artifact = project.handoff.require("artifact", Artifact, "build")
        content = project.handoff.blobs / artifact.path if artifact.path else None
        tryout = project.platform.require("tryout")
        context.summarize(tryout.try_out(artifact, content, unreleased(project, artifact), context))

    return Step(
        name="test.smoke",
        action=smoke,
        needs=frozenset({"build"}),
        describe="start the built artifact alone and ask for its health",
    )
