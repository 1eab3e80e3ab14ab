"""Blue-green: all new replicas beside the old ones, then all requests at once.

The new ones (green) are healthy for the platform and for the router before the first request
reaches them. The old ones (blue) keep running without requests while green is watched, so that
going back takes no longer than switching did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import Event, parts

from .watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Deployment, Replica
    from fullcycle.providers import Strategy

    from .crew import Crew


def blue_green(
    crew: Crew,
    deployment: Deployment,
    strategy: Strategy,
    able: Sequence[Replica],
    blue: Sequence[Replica],
) -> Iterator[Event]:
    """Let green serve alone, and watch it; blue is still there afterwards.

    Args:
        crew: the platform.
        deployment: what shall run.
        strategy: for how long green is watched, and what its requests must be like.
        able: replicas that belong to green already.
        blue: those that serve now.

    Raises:
        StepError: green doesn't come into service, or isn't good enough; nothing is undone yet.
    """
    web, *_ = parts(deployment.workload)
    version = web.release.version
    started = yield from crew.launch(web, deployment.id, web.replicas - len(able), weight=0)
    green = [*able, *started]
    crew.switch(green, blue)
    yield Event(message=f"all requests go to {version}; what served before stays ready")
    yield from Watch(crew, green, strategy, f"{version} with all requests").verdict()
