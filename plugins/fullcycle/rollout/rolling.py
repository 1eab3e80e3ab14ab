"""Rolling: some replicas at a time, each healthy before an old one goes.

New replicas run beside the old ones until the router itself has found them healthy, so there
are never fewer than before (Kubernetes: maxUnavailable 0, maxSurge = batch; ECS: 100/200%).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import Event

from .select import fit, unlike

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Deployment
    from fullcycle.providers import Strategy

    from .crew import Crew


def roll(
    crew: Crew, deployment: Deployment, strategy: Strategy, records: Sequence[Deployment]
) -> Iterator[Event]:
    """Replace what runs by the deployment's workload, touching only what differs.

    Raises:
        StepError: a new replica does not come into service; nothing is undone yet.
    """
    workload = deployment.workload
    yield Event(message=f"preparing {workload.release.app} {workload.release.version}")
    crew.replicas.prepare(workload)
    crew.router.open(workload.port, workload.health)

    able = [] if strategy.replace else fit(crew, workload, records, probing=True)
    kept = yield from crew.serve(able[: workload.replicas])
    old = unlike(crew, kept)
    missing = workload.replicas - len(kept)
    while missing > 0:
        size = min(strategy.batch, missing) if old else missing
        yield from crew.launch(deployment, size)
        leaving, old = old[:size], old[size:]
        yield from crew.retire(leaving, workload)
        missing -= size
    yield from crew.retire(old, workload)
    yield from crew.forget_ghosts()
