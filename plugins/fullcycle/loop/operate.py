"""The stage `operate`: the scaling policy, the runbook, the announcement."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from fullcycle.model import WEB, ReplicaState
from fullcycle.pipeline.step import Command, Step, StepContext

from .deploy import roll_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fullcycle.model import Status
    from fullcycle.project import Project
    from fullcycle.settings.schema import RunbookStep


def steps(project: Project) -> list[Step]:
    """Scale if there is a policy, then the runbook in its order, then announce."""
    made = [_autoscale(project)] if project.environment.autoscale else [_confirm(project)]
    for entry in project.settings.operate.runbook:
        made.append(_entry(project, entry, after=made[-1].name))
    if project.settings.operate.announce:
        made.append(_announce(project, after=made[-1].name))
    return made


def _confirm(project: Project) -> Step:
    """Without a policy: see that what should run does run."""

    def confirm(context: StepContext) -> None:
        from fullcycle.errors import StepError

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
        from .scale import recommend

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


def _entry(project: Project, entry: RunbookStep, after: str) -> Step:
    name, needs = f"operate.{entry.name}", frozenset({after})
    if entry.run:
        return Step(name=name, action=Command(run=entry.run), needs=needs)

    def ask(context: StepContext) -> None:
        from fullcycle.pipeline.approval import wait_for_word

        context.summarize(
            wait_for_word(
                entry.name,
                entry.manual,
                approved=project.choices.approve,
                folder=project.root / ".fullcycle",
                context=context,
                who=entry.who,
                link=entry.link,
            )
        )

    return Step(name=name, action=ask, needs=needs, describe=f"a person: {entry.manual}", show=True)


def _announce(project: Project, after: str) -> Step:
    def announce(context: StepContext) -> None:
        from fullcycle.notify.webhook import post

        message = announcement(project)
        sent = 0
        for url in project.settings.operate.announce:
            problem = post(url, message)
            sent += not problem
            context.log(problem or f"announced to {url}")
        context.summarize(f"{sent} of {len(project.settings.operate.announce)} announced")

    return Step(
        name="operate.announce",
        action=announce,
        needs=frozenset({after}),
        describe="tell the URLs in [operate] announce",
    )


def announcement(project: Project) -> dict[str, object]:
    """Who, what, where and how it ended, as one JSON message."""
    status = project.platform.runtime.status()
    deployment = status.deployment
    release = deployment.workload.release if deployment else None
    return {
        "app": status.app,
        "environment": status.environment,
        "url": status.url,
        "version": release.version if release else None,
        "digest": release.digest if release else None,
        "by": deployment.by if deployment else None,
        "status": str(deployment.status) if deployment else None,
        "text": f"{status.app} {release.version if release else ''} is live at {status.url}",
    }
