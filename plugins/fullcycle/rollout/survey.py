"""Survey: what an environment runs now, and what is amiss."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fullcycle.model import WEB, Status, parts

from .outcome import title
from .records import live, unfinished
from .select import GONE, sources
from .shares import FULL

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
    yield from _shares(crew, present)
    serving = crew.serving()
    wanted = parts(meant.workload) if meant else ()
    own = {part.process: sources(records, part) for part in wanted}
    for replica in present:
        if replica.state in GONE:
            yield f"replica {replica.id} has crashed; its log says why"
        elif replica.deployment not in own.get(replica.process, ()):
            yield f"replica {replica.id} of version {replica.version} belongs to no live deployment"
        elif replica.process == WEB and replica.id not in serving:
            yield f"replica {replica.id} gets no requests ({replica.state})"
    for part in wanted:
        there = sum(replica.process == part.process for replica in present)
        if there < part.replicas:
            of = "" if part.process == WEB else f" of {part.process}"
            yield f"{there} of {part.replicas} replicas{of} are there; deploy again"


def _shares(crew: Crew, present: Sequence[Replica]) -> Iterator[str]:
    """Who gets how much, where it is not the same for all: a canary."""
    weights = {s.replica: s.weight for s in crew.router.statistics() if s.up and s.weight}
    if set(weights.values()) <= {FULL}:
        return
    versions: Counter[str] = Counter()
    for replica in present:
        versions[replica.version] += weights.get(replica.id, 0)
    total = sum(versions.values())
    shares = [f"{version} {100 * each / total:.0f} %" for version, each in versions.items() if each]
    yield f"requests are shared out unevenly: {', '.join(shares)}"
