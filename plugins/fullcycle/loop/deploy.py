"""The stage `deploy`: the environment runs the release, or what it ran before."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.model import Deployment, DeploymentStatus
from fullcycle.pipeline.step import Step, StepContext
from fullcycle.project import actor, holder
from fullcycle.providers import Analysis, Strategy

from .ending import on_record
from .news import News, tell_waiting
from .release import find
from .workload import workload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fullcycle.model import Event, Workload
    from fullcycle.project import Project
    from fullcycle.settings.schema import StrategySettings


def steps(project: Project) -> list[Step]:
    """One step that deploys the release."""

    def deploy(context: StepContext) -> None:
        release = find(project)
        _check_fresh(project, release.digest)
        before = project.settings.deploy.before
        deployed = roll_out(project, workload(project, release), context, before=before)
        project.handoff.write("deployment", deployed)
        url = project.platform.runtime.status().url
        context.summarize(f"{release.version} × {deployed.workload.replicas} at {url}")

    strategy, before = project.environment.strategy.kind, project.settings.deploy.before
    after = f", after `{'`, `'.join(before)}`" if before else ""
    return [
        Step(
            name="deploy",
            action=deploy,
            describe=f"{strategy} deployment to {project.environment_name}{after}",
            show=strategy != "rolling",
        )
    ]


def _check_fresh(project: Project, digest: str) -> None:
    """Refuse to deploy an older release when a newer artifact was built in the same run."""
    from fullcycle.errors import UsageError
    from fullcycle.model import Artifact

    if project.choices.release:
        return
    built = project.handoff.read("artifact", Artifact)
    if built is not None and built.digest != digest:
        raise UsageError(
            f"the newest artifact {built.version} ({built.digest[:19]}) is not released",
            hint="run `invoke release` first, or name the release: --release VERSION",
        )


def roll_out(
    project: Project,
    wanted: Workload,
    context: StepContext,
    *,
    purpose: str = "",
    replace_all: bool = False,
    before: Sequence[str] = (),
    still: Callable[[], object] = lambda: None,
) -> Deployment:
    """Make the environment run the workload; the caller sees every event in the step's log.

    Args:
        project: whose environment it is.
        wanted: what shall run.
        context: the step that does it.
        purpose: what it is for, when it is not a new release: `scale`, `rollback to …`. Such a
            deployment is rolling, whatever the environment's strategy is.
        replace_all: replace replicas that already run the very same workload, too.
        before: commands run inside the workload's release before anything is replaced.
        still: called once the lock is held; what it raises, because somebody else was faster, ends
            the deployment before it begins.

    Raises:
        LockedError: somebody else is deploying.
        RolledBackError: it failed, or a person said no, and the old version serves.
        StepError: a command before it failed, or it did and nothing serves.
    """
    strategy = chosen(project.environment.strategy)
    if purpose:  # what is known needs no trial, and a rollback no delay
        strategy = replace(strategy, kind="rolling", replace=replace_all)
    deployment = _begin(project, wanted, strategy, purpose)
    runtime = project.platform.runtime
    owner = holder(purpose or f"deploying {wanted.release.version}")
    with News(project, context) as news, project.platform.locked(owner) as lock:
        agree = _asking(project, context, lock.check)

        def carry_out() -> None:
            _run_before(project, wanted, before, context, lock.check)
            follow(runtime.deploy(deployment, strategy), context, lock.check, agree)

        follow(runtime.recover(), context, lock.check)
        still()
        return on_record(project, deployment, carry_out, news)


def _run_before(
    project: Project,
    wanted: Workload,
    commands: Sequence[str],
    context: StepContext,
    still_ours: Callable[[], object],
) -> None:
    """Run commands inside the new release; nothing has been touched yet."""
    for command in commands:
        context.log(f"before the deployment: {command}")
        exit_code = project.platform.runtime.run(wanted, command, context)
        still_ours()
        if exit_code:
            raise StepError(
                f"`{command}` ended with exit code {exit_code}", hint="nothing was replaced"
            )


def _asking(
    project: Project, context: StepContext, still_ours: Callable[[], object]
) -> Callable[[str], object]:
    """Asks a person a deployment's questions; raises RefusedError unless they say yes."""
    from fullcycle.pipeline.approval import Question, wait_for_word

    def agree(text: str) -> None:
        question = Question(name=f"deploy-{project.environment_name}", text=text)
        wait_for_word(
            question,
            approved=project.choices.approve,
            folder=project.root / ".fullcycle",
            context=context,
            watch=still_ours,
            tell=partial(tell_waiting, project, question, context),
        )

    return agree


def chosen(settings: StrategySettings) -> Strategy:
    """The strategy that the settings ask for."""
    wanted = {50: settings.p50, 95: settings.p95, 99: settings.p99}
    analysis = Analysis(
        error_rate=settings.error_rate,
        percentiles={percent: limit for percent, limit in wanted.items() if limit is not None},
        min_requests=settings.min_requests,
        on_no_data=settings.on_no_data,
    )
    return Strategy(
        kind=settings.kind,
        batch=settings.batch,
        steps=settings.steps,
        step=settings.step,
        pause=settings.pause,
        approve=settings.approve,
        analysis=analysis,
    )


def _begin(project: Project, wanted: Workload, strategy: Strategy, purpose: str) -> Deployment:
    from fullcycle.rollout import new_id

    return Deployment(
        id=new_id(),
        app=project.name,
        environment=project.environment_name,
        workload=wanted,
        strategy=strategy.kind,
        status=DeploymentStatus.RUNNING,
        started=datetime.now(UTC),
        by=actor(),
        reason=purpose,
    )


def follow(
    events: Iterator[Event],
    context: StepContext,
    still_ours: Callable[[], object],
    agree: Callable[[str], object] = lambda _: None,
) -> int:
    """Log what happens, and count it.

    A cancelled step, a lost lock or a question that nobody says yes to closes the iterator, which
    undoes what has begun.
    """
    count = 0
    with closing(events) as following:  # type: ignore[type-var]
        for count, event in enumerate(following, 1):  # noqa: B007 (the count is the result)
            context.log(event.message)
            context.checkpoint()
            still_ours()
            if event.question:
                agree(event.question)
    return count
