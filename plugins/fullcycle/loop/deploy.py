"""The stage `deploy`: the environment runs the release, or what it ran before."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.model import Deployment, DeploymentStatus
from fullcycle.pipeline.step import Step, StepContext
from fullcycle.project import actor, holder
from fullcycle.providers import Analysis, Strategy

from .release import find
from .workload import workload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fullcycle.model import Event, Workload
    from fullcycle.project import Project
    from fullcycle.settings.schema import StrategySettings


def steps(project: Project) -> list[Step]:
    """One step that deploys the release."""

    def deploy(context: StepContext) -> None:
        release = find(project)
        _check_fresh(project, release.digest)
        deployed = roll_out(project, workload(project, release), context)
        project.handoff.write("deployment", deployed)
        url = project.platform.runtime.status().url
        context.summarize(f"{release.version} × {deployed.workload.replicas} at {url}")

    strategy = project.environment.strategy.kind
    return [
        Step(
            name="deploy",
            action=deploy,
            describe=f"{strategy} deployment to {project.environment_name}",
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
) -> Deployment:
    """Make the environment run the workload; the caller sees every event in the step's log.

    Args:
        project: whose environment it is.
        wanted: what shall run.
        context: the step that does it.
        purpose: what it is for, when it is not a new release: `scale`, `rollback to …`.
        replace_all: replace replicas that already run the very same workload, too.

    Raises:
        LockedError: somebody else is deploying.
        RolledBackError: it failed and the old version serves.
        StepError: it failed and nothing serves.
    """
    strategy = chosen(project.environment.strategy, replace_all=replace_all)
    deployment = _begin(project, wanted, strategy, purpose)
    runtime = project.platform.runtime
    with project.platform.locked(holder(purpose or f"deploying {wanted.release.version}")) as lock:
        follow(runtime.recover(), context, lock.check)
        try:
            project.ledger.record_deployment(deployment)
            follow(runtime.deploy(deployment, strategy), context, lock.check)
        finally:
            deployment = _recorded(project, deployment)
            project.ledger.record_deployment(deployment)
    return deployment


def chosen(settings: StrategySettings, *, replace_all: bool = False) -> Strategy:
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
        replace=replace_all,
        steps=settings.steps,
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


def follow(events: Iterator[Event], context: StepContext, still_ours: Callable[[], object]) -> int:
    """Log what happens, and count it.

    A cancelled step or a lost lock closes the iterator, which undoes what has begun.
    """
    count = 0
    with closing(events) as following:  # type: ignore[type-var]
        for count, event in enumerate(following, 1):  # noqa: B007 (the count is the result)
            context.log(event.message)
            context.checkpoint()
            still_ours()
    return count


def _recorded(project: Project, deployment: Deployment) -> Deployment:
    """The deployment as the platform recorded its end."""
    history = project.platform.capabilities.history
    for each in history.list() if history else ():
        if each.id == deployment.id:
            return each
    return replace(deployment, finished=datetime.now(UTC))
