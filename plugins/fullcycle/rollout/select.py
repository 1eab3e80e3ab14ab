"""Which of the replicas that are there can stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import ReplicaState, parts

from .records import alike

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fullcycle.model import Deployment, Replica, Workload

    from .crew import Crew

GONE = frozenset({ReplicaState.CRASHED, ReplicaState.STOPPED})


def sources(records: Iterable[Deployment], part: Workload) -> set[str]:
    """The ids of deployments whose replicas of a process are as good as new ones."""
    return {d.id for d in records for each in parts(d.workload) if _same(each, part)}


def fit(
    crew: Crew,
    part: Workload,
    records: Iterable[Deployment],
    *,
    probing: bool = False,
) -> list[Replica]:
    """The replicas of a process that are as good as new ones of the workload, the best first.

    Args:
        crew: the replicas that are there.
        part: what they should run, one process of the application.
        records: the deployments they may come from.
        probing: only those that are healthy now.
    """
    good = sources(records, part)
    routed = crew.routed()
    able = [r for r in crew.of(part.process) if r.deployment in good and r.state not in GONE]
    if probing:
        able = [r for r in able if crew.replicas.probe(r, part.health).healthy]
    return sorted(able, key=lambda replica: routed.get(replica.id, -1), reverse=True)


def unlike(crew: Crew, part: Workload, kept: Sequence[Replica]) -> list[Replica]:
    """The other replicas of the process, those that serve last."""
    ids = {replica.id for replica in kept}
    serving = crew.serving()
    others = [replica for replica in crew.of(part.process) if replica.id not in ids]
    return sorted(others, key=lambda replica: replica.id in serving)


def strangers(crew: Crew, workload: Workload) -> list[Replica]:
    """The replicas of processes that the application doesn't have any more."""
    known = {part.process for part in parts(workload)}
    return [replica for replica in crew.replicas.list() if replica.process not in known]


def _same(one: Workload, other: Workload) -> bool:
    return one.process == other.process and alike(one, other)
