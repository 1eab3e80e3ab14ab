"""Canary: a growing share of the requests goes to the new version, as long as it is good enough.

All old replicas stay until the end, so that they can take all requests back at any moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import Event, parts

from .shares import replicas_for
from .watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Deployment, Replica
    from fullcycle.providers import Strategy

    from .crew import Crew


def canary(
    crew: Crew,
    deployment: Deployment,
    strategy: Strategy,
    able: Sequence[Replica],
    old: Sequence[Replica],
) -> Iterator[Event]:
    """Take the new version from step to step to all requests; the old one is still there then.

    Args:
        crew: the platform.
        deployment: what shall run.
        strategy: the steps, how long each lasts, and what its requests must be like.
        able: replicas that belong to the new version already.
        old: those that serve now.

    Raises:
        StepError: the new version doesn't come into service, or isn't good enough; nothing is
            undone yet.
    """
    web, *_ = parts(deployment.workload)
    version = web.release.version
    new = list(able)
    for percent in strategy.shares:
        missing = replicas_for(percent, web.replicas) - len(new)
        new += yield from crew.launch(web, deployment.id, max(0, missing), weight=0)
        yield from crew.share(percent, new, old)
        yield Event(message=f"{version} gets {percent} % of the requests")
        watched = f"{version} with {percent} % of the requests"
        yield from Watch(crew, new, strategy, watched).verdict()
    new += yield from crew.launch(web, deployment.id, web.replicas - len(new), weight=0)
    crew.switch(new, old)
    yield Event(message=f"all requests go to {version}")
