"""The stage `test`: the project's suites, and a smoke test of the built artifact itself."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.pipeline.step import Step, StepContext
from fullcycle.providers import Completed
from fullcycle.uptodate.patterns import Patterns

from .commands import command_step
from .origin import handed_over
from .recipes import of_smoke, of_suite_inside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fullcycle.observe.tested import Tested
    from fullcycle.project import Project
    from fullcycle.settings.steps import TestStep


def steps(project: Project) -> list[Step]:
    """A step per suite, and the smoke test where there is something to start."""
    variants = {
        variant: each
        for name, settings in project.settings.test.items()
        for variant, each in settings.variants(name).items()
    }
    suites = [
        _suite(project, name, each, _own_reports(name, variants)) for name, each in variants.items()
    ]
    if project.settings.smoke.enabled and _startable(project):
        suites.append(_smoke(project))
    return suites


def _startable(project: Project) -> bool:
    return bool(project.settings.app.run) or not project.platform.capabilities.needs_command


def _own_reports(name: str, suites: Mapping[str, TestStep]) -> list[str]:
    """The reports that no other suite may write, too; only those are kept for this one."""
    others = [r for other, each in suites.items() if other != name for r in _reports(each)]
    return [
        own
        for own in _reports(suites[name])
        if not Patterns(others).matches(own) and not any(map(Patterns([own]).matches, others))
    ]


def _reports(settings: TestStep) -> list[str]:
    return [*settings.reports, *filter(None, [settings.coverage])]


def _suite(project: Project, name: str, settings: TestStep, kept: Sequence[str]) -> Step:
    step = command_step("test", name, settings, project, kept)
    if settings.inside:
        needs, recipe = step.needs | {"build"}, of_suite_inside(settings, project, kept)
        step = replace(step, needs=needs, recipe=recipe)
    elif not _reports(settings):
        return step

    def run(context: StepContext) -> None:
        from time import time

        began = time()
        completed = _completed(project, settings, context)
        tested = _tested(project, context, settings, began)
        if _reports(settings):
            context.summarize(tested.summary)
        tested.suite.raise_failures(completed)

    return replace(step, action=run, describe=settings.run)


def _completed(project: Project, settings: TestStep, context: StepContext) -> Completed:
    """Run the suite's command: here, or inside the artifact."""
    if not settings.inside:
        command = ("/bin/sh", "-c", settings.run)
        return context.run(command, env=settings.env, check=False)
    artifact, content = handed_over(project)
    variables = {name: os.environ[name] for name in settings.environ if name in os.environ}
    exit_code = project.platform.require("tryout").run(
        artifact,
        content,
        settings.run,
        context,
        env={**variables, **settings.env},
        collect=_reports(settings),
    )
    context.exit_code = exit_code
    return Completed(exit_code=exit_code)


def _tested(project: Project, context: StepContext, settings: TestStep, since: float) -> Tested:
    """What the suite left, kept with the run."""
    from fullcycle.observe import coverage, junit
    from fullcycle.observe.tested import Tested, keep

    found = Tested(
        step=context.name,
        suite=junit.collect(project.root, settings.reports, since, project.masker.mask),
        coverage=coverage.read(project.root / settings.coverage, since)
        if settings.coverage
        else None,
    )
    try:
        keep(project.ledger.folder(context.environ["FULLCYCLE_RUN"]), found)
    except (OSError, FullcycleError) as error:
        context.log(f"the tests are left out of the report: {error}")
    return found


def _smoke(project: Project) -> Step:
    def smoke(context: StepContext) -> None:
        from .workload import unreleased

        artifact, content = handed_over(project)
        tryout = project.platform.require("tryout")
        context.summarize(tryout.try_out(artifact, content, unreleased(project, artifact), context))

    return Step(
        name="test.smoke",
        action=smoke,
        needs=frozenset({"build"}),
        recipe=of_smoke(project),
        describe="start the built artifact alone and ask for its health",
    )
