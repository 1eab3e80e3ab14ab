"""Strategies: from what runs to what a deployment says, in the way that was chosen.

The process that requests are routed to goes first, and the new version proves itself there.
Then the other processes follow, each at once: new replicas healthy, then the old ones stopped.
A worker cannot be given a share of the work to try it with, and what takes jobs out of a queue
should not be there before its version is trusted. After a blue-green or canary deployment the
old replicas of the routed process are stopped last of all: until then nothing needs to be
started to go back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import Event, parts

from .blue_green import blue_green
from .canary import canary
from .rolling import roll
from .select import fit, sources, strangers, unlike

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Deployment, Replica, Workload
    from fullcycle.providers import Strategy

    from .crew import Crew

WATCHING = {"blue-green": blue_green, "canary": canary, "linear": canary}
"""Strategies in which the new version is watched while the old one can still take over."""


def carry_out(
    crew: Crew, deployment: Deployment, strategy: Strategy, records: Sequence[Deployment]
) -> Iterator[Event]:
    """Replace what runs by the deployment's workload.

    Args:
        crew: the platform.
        deployment: what shall run.
        strategy: how it gets there. Where no other version serves, there is nothing to compare
            with or to go back to, and every strategy is `rolling`.
        records: the deployments that replicas may come from.

    Raises:
        StepError: the new version fails; nothing is undone yet.
    """
    workload = deployment.workload
    yield Event(message=f"preparing {workload.release.app} {workload.release.version}")
    crew.replicas.prepare(workload)
    crew.router.open(workload.port, workload.health)

    def able(part: Workload) -> Sequence[Replica]:
        return [] if strategy.replace else fit(crew, part, records, probing=True)

    web, *others = parts(workload)
    if strategy.kind in WATCHING and _another_serves(crew, web, records):
        new = able(web)[: web.replicas]
        old = unlike(crew, web, new)
        yield from WATCHING[strategy.kind](crew, deployment, strategy, new, old)
    else:
        old = []
        yield from roll(crew, web, deployment.id, able(web), strategy.batch)
    for part in others:
        yield from roll(crew, part, deployment.id, able(part), part.replicas)
    yield from crew.retire([*old, *strangers(crew, workload)], workload)
    yield from crew.forget_ghosts()


def _another_serves(crew: Crew, web: Workload, records: Sequence[Deployment]) -> bool:
    same, serving = sources(records, web), crew.serving()
    return any(r.deployment not in same and r.id in serving for r in crew.of(web.process))
