"""Survey: what an environment runs now, and what is amiss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import Status

from .outcome import title
from .records import alike, live, unfinished
from .select import GONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Deployment, Replica
    from fullcycle.providers import Target

    from .crew import Crew


def survey(target: Target, crew: Crew, records: Sequence[Deployment]) -> Status:
    """Read the status from the platform."""
    present = tuple(crew.replicas.list())
    meant = live(records)
    return Status(
        app=target.app,
        environment=target.environment,
        url=crew.router.address() if present else "",
        desired=meant.workload.replicas if meant else 0,
        replicas=present,
        deployment=meant,
        notes=tuple(_notes(crew, records, present, meant)),
    )


def _notes(
    crew: Crew, records: Sequence[Deployment], present: Sequence[Replica], meant: Deployment | None
) -> Iterator[str]:
    for deployment in unfinished(records):
        yield (
            f"deployment {deployment.id} of {title(deployment)} is under way or was cut off;"
            " the next deployment finishes or undoes it"
        )
    serving = crew.serving()
    own = {d.id for d in records if meant and alike(d.workload, meant.workload)}
    for replica in present:
        if replica.state in GONE:
            yield f"replica {replica.id} has crashed; its log says why"
        elif replica.deployment not in own:
            yield f"replica {replica.id} of version {replica.version} belongs to no live deployment"
        elif replica.id not in serving:
            yield f"replica {replica.id} gets no requests ({replica.state})"
    if meant and len(present) < meant.workload.replicas:
        yield f"{len(present)} of {meant.workload.replicas} replicas are there; deploy again"
