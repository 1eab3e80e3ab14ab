"""Settle: make an environment run exactly what one deployment says.

Undoing, finishing and recovering are all this one thing. It reads what is there from the
platform, so it may be cut off anywhere and simply be done again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.model import WEB, Event, parts

from .records import alike
from .select import fit, strangers, unlike
from .strategies import WATCHING

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from fullcycle.model import Deployment, Replica, Workload

    from .crew import Crew


def settle(
    crew: Crew,
    goal: Deployment | None,
    records: Sequence[Deployment],
    *,
    grace: Workload | None = None,
) -> Generator[Event, None, None]:
    """Bring the goal's replicas to full strength and weight, then stop all others.

    Args:
        crew: the platform.
        goal: what shall run; None, or 0 replicas, for nothing.
        records: the deployments that replicas may come from.
        grace: has the grace periods when there is no goal.

    Raises:
        StepError: some of the goal's replicas could not be brought back; the rest is done.
    """
    if goal is None or not goal.workload.replicas:
        yield from crew.dismiss(goal.workload if goal else grace)
        return
    workload = goal.workload
    crew.router.open(workload.port, workload.health)
    failures = []
    for part in parts(workload):
        try:
            yield from _settle_part(crew, goal, part, records)
        except StepError as error:
            failures.append(error)
    yield from crew.retire(strangers(crew, workload), workload)
    yield from crew.forget_ghosts()
    if failures:
        raise failures[0]


def complete(
    crew: Crew, deployment: Deployment, previous: Deployment | None, records: Sequence[Deployment]
) -> bool:
    """Whether a deployment that was cut off already serves with all its replicas.

    Replicas kept from before count, except where only a restart can have been meant: the same
    numbers of the same replicas. A new version that was still being watched is not complete.
    """
    if previous and _watched(crew, deployment, previous, records):
        return False
    restarted = previous is not None and _restart(deployment.workload, previous.workload)
    serving = crew.serving()
    for part in parts(deployment.workload):
        able = fit(crew, part, records, probing=True)
        if restarted:
            able = [replica for replica in able if replica.deployment == deployment.id]
        if part.process == WEB:
            able = [replica for replica in able if replica.id in serving]
        if len(able) < part.replicas:
            return False
    return True


def _settle_part(
    crew: Crew, goal: Deployment, part: Workload, records: Sequence[Deployment]
) -> Generator[Event, None, None]:
    kept = fit(crew, part, records)[: part.replicas]
    if part.process == WEB:
        kept = yield from crew.serve(kept)
    before = {replica.id for replica in crew.replicas.list()}
    failure = None
    try:
        kept += yield from _restore(crew, goal, part, part.replicas - len(kept))
    except StepError as error:
        failure = error
        routed = crew.routed().keys() - before
        kept += [replica for replica in crew.of(part.process) if replica.id in routed]
    yield from crew.retire(unlike(crew, part, kept), part)
    if failure:
        raise failure


def _restore(
    crew: Crew, goal: Deployment, part: Workload, missing: int
) -> Generator[Event, None, list[Replica]]:
    if missing <= 0:
        return []
    yield Event(message=f"bringing back {missing} of {part.release.version}")
    crew.replicas.prepare(goal.workload)
    return (yield from crew.launch(part, goal.id, missing))


def _watched(
    crew: Crew, deployment: Deployment, previous: Deployment, records: Sequence[Deployment]
) -> bool:
    """Whether the old version can still take over: its routes are given up when all is decided."""
    web, before = parts(deployment.workload)[0], parts(previous.workload)[0]
    if deployment.strategy not in WATCHING or alike(web, before):
        return False
    routed = crew.routed()
    return any(replica.id in routed for replica in fit(crew, before, records))


def _restart(one: Workload, other: Workload) -> bool:
    return alike(one, other) and _numbers(one) == _numbers(other)


def _numbers(workload: Workload) -> dict[str, int]:
    return {part.process: part.replicas for part in parts(workload)}
