"""Rolling: some replicas at a time, each healthy before an old one goes.

New replicas run beside the old ones until the router itself has found them healthy, so there
are never fewer than before (Kubernetes: maxUnavailable 0, maxSurge = batch; ECS: 100/200%).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import WEB

from .select import unlike

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Event, Replica, Workload

    from .crew import Crew


def roll(
    crew: Crew, part: Workload, deployment: str, able: Sequence[Replica], batch: int
) -> Iterator[Event]:
    """Replace the replicas of one process, touching only what differs.

    Args:
        crew: the platform.
        part: the process as it shall run.
        deployment: the id of the deployment that new replicas belong to.
        able: replicas that are as good as new ones; as many stay as are wanted.
        batch: how many are replaced at a time.

    Raises:
        StepError: a new replica does not come into service; nothing is undone yet.
    """
    kept = able[: part.replicas]
    if part.process == WEB:
        kept = yield from crew.serve(kept)
    old = unlike(crew, part, kept)
    missing = part.replicas - len(kept)
    while missing > 0:
        size = min(batch, missing) if old else missing
        yield from crew.launch(part, deployment, size)
        leaving, old = old[:size], old[size:]
        yield from crew.retire(leaving, part)
        missing -= size
    yield from crew.retire(old, part)
