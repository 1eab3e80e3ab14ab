"""Settle: make an environment run exactly what one deployment says.

Undoing, finishing and recovering are all this one thing. It reads what is there from the
platform, so it may be cut off anywhere and simply be done again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.model import Event

from .records import alike
from .select import fit, unlike

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from fullcycle.model import Deployment, Workload

    from .crew import Crew


def settle(
    crew: Crew,
    goal: Deployment | None,
    records: Sequence[Deployment],
    *,
    grace: Workload | None = None,
) -> Generator[Event, None, None]:
    """Bring the goal's replicas to full strength, then stop all others.

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
    able = fit(crew, workload, records)
    kept = yield from crew.serve(able[: workload.replicas])
    before = {replica.id for replica in crew.replicas.list()}
    failure = None
    try:
        yield from _restore(crew, goal, workload.replicas - len(kept))
    except StepError as error:
        failure = error
    routed = crew.routed().keys() - before
    kept += [replica for replica in crew.replicas.list() if replica.id in routed]
    yield from crew.retire(unlike(crew, kept), workload)
    yield from crew.forget_ghosts()
    if failure:
        raise failure


def complete(
    crew: Crew, deployment: Deployment, previous: Deployment | None, records: Sequence[Deployment]
) -> bool:
    """Whether a deployment that was cut off already serves with all its replicas.

    Replicas kept from before count, except where only a restart can have been meant: the same
    number of the same replicas.
    """
    workload = deployment.workload
    able = fit(crew, workload, records, probing=True)
    if previous and _restart(workload, previous.workload):
        able = [replica for replica in able if replica.deployment == deployment.id]
    serving = crew.serving()
    return sum(replica.id in serving for replica in able) >= workload.replicas


def _restore(crew: Crew, goal: Deployment, missing: int) -> Generator[Event, None, None]:
    if missing > 0:
        yield Event(message=f"bringing back {missing} of {goal.workload.release.version}")
        crew.replicas.prepare(goal.workload)
        yield from crew.launch(goal, missing)


def _restart(one: Workload, other: Workload) -> bool:
    return alike(one, other) and one.replicas == other.replicas
