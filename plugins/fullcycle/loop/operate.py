"""The stage `operate`: the scaling policy, then the runbooks of a deployment."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from fullcycle.model import WEB, ReplicaState
from fullcycle.pipeline.step import Step, StepContext

from .deploy import roll_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fullcycle.model import ScalingPolicy, Status
    from fullcycle.project import Project
    from fullcycle.providers import Scaler


def steps(project: Project) -> list[Step]:
    """Scale if there is a policy, then work off the runbooks that follow a deployment."""
    from .runbook import after_deployment

    first = _autoscale(project) if project.environment.autoscale else _confirm(project)
    return [first, *after_deployment(project, first.name)]


def _confirm(project: Project) -> Step:
    """Without a policy: see that what should run does run."""

    def confirm(context: StepContext) -> None:
        from fullcycle.errors import StepError

        unscale(project, context)
        status = project.platform.runtime.status()
        for note in status.notes:
            context.log(note)
        counted = counts(status)
        if any(running < wanted for running, wanted in counted.values()):
            raise StepError(
                f"{_counted(counted)} run in {status.environment}",
                hint="see `invoke deploy.status` and `invoke operate.logs`",
            )
        context.summarize(_counted(counted))

    return Step(name="operate.replicas", action=confirm, describe="compare replicas with settings")


def counts(status: Status) -> dict[str, tuple[int, int]]:
    """Of each process of the application: how many replicas run, and how many should."""
    others = status.deployment.workload.processes if status.deployment else ()
    wanted = {WEB: status.desired, **{each.name: each.replicas for each in others}}
    alive = {ReplicaState.HEALTHY, ReplicaState.STARTING}
    running = Counter(each.process for each in status.replicas if each.state in alive)
    return {name: (running[name], number) for name, number in wanted.items()}


def _counted(counted: Mapping[str, tuple[int, int]]) -> str:
    """`2 of 2 replicas, worker 1 of 1`."""
    (running, wanted), *_ = counted.values()
    others = [f"{name} {has} of {needs}" for name, (has, needs) in counted.items() if name != WEB]
    return ", ".join([f"{running} of {wanted} replicas", *others])


def _autoscale(project: Project) -> Step:
    def autoscale(context: StepContext) -> None:
        from .scale import policy_of, recommend

        scaler = project.platform.capabilities.scaler
        if scaler is not None:
            _install(scaler, policy_of(project), context)
            return
        status = project.platform.runtime.status()
        advice = recommend(project, status)
        context.log(advice.reason)
        if status.deployment is None or advice.replicas == status.desired:
            context.summarize(f"{status.desired} replicas: {advice.reason}")
            return
        wanted = replace(status.deployment.workload, replicas=advice.replicas)
        roll_out(project, wanted, context, purpose=f"scale: {advice.reason}")
        context.summarize(f"{status.desired} → {advice.replicas} replicas")

    return Step(name="operate.autoscale", action=autoscale, describe="apply the scaling policy")


def _install(scaler: Scaler, policy: ScalingPolicy, context: StepContext) -> None:
    """Put the policy in force on a platform that scales by itself."""
    changes = scaler.install(policy)
    for line in changes:
        context.log(line)
    done = "is in force now" if changes else "was in force already"
    context.summarize(f"{policy.min} to {policy.max} replicas: the policy {done}")


def unscale(project: Project, context: StepContext) -> None:
    """Take out of force what an earlier policy left on a platform that scales by itself."""
    scaler = project.platform.capabilities.scaler
    for line in scaler.uninstall() if scaler else ():
        context.log(line)
