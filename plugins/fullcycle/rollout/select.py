"""Which of the replicas that are there can stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import ReplicaState

from .records import alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Deployment, Replica, Workload

    from .crew import Crew

GONE = frozenset({ReplicaState.CRASHED, ReplicaState.STOPPED})


def fit(
    crew: Crew,
    workload: Workload,
    records: Sequence[Deployment],
    *,
    probing: bool = False,
) -> list[Replica]:
    """The replicas that are as good as new ones of the workload, the best first.

    Args:
        crew: the replicas that are there.
        workload: what they should run.
        records: the deployments they may come from.
        probing: only those that are healthy now.
    """
    good = {d.id for d in records if alike(d.workload, workload)}
    routed = crew.routed()
    able = [r for r in crew.replicas.list() if r.deployment in good and r.state not in GONE]
    if probing:
        able = [r for r in able if crew.replicas.probe(r, workload.health).healthy]
    return sorted(able, key=lambda replica: routed.get(replica.id, -1), reverse=True)


def unlike(crew: Crew, kept: Sequence[Replica]) -> list[Replica]:
    """The others, those that serve last."""
    ids = {replica.id for replica in kept}
    serving = crew.serving()
    others = [replica for replica in crew.replicas.list() if replica.id not in ids]
    return sorted(others, key=lambda replica: replica.id in serving)
