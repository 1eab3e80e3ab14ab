"""Seconds to replace 3 replicas with Docker under 1,200 requests a second, and what fails.

Ours goes one replica at a time and in one batch, on an Engine; and on a Swarm. The peers are
`docker service update` (a new replica first, found by name behind HAProxy), docker-compose, and the
algorithm of docker-rollout; the ratio is to the fastest that loses no request. A peer is done when
its new replicas are healthy and the old ones gone, however long its own command goes on. Beside
that ours rolls, switches, tries out, rolls back and scales under the same load.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from fullcycle.providers import Analysis, Strategy

from .containers import peers
from .containers.load import under_load
from .containers.ours import ours
from .containers.site import clustered, single
from .measure import Report, in_turn
from .replace import Load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from .containers.ours import Ours
    from .containers.peers import Running
    from .containers.site import Site

    Way = Callable[..., AbstractContextManager[Running]]

REPLICAS = 3
SINGLY, AT_ONCE, SWARM = "ours, one at a time", "ours, in one batch", "ours, on a Swarm"
GOALS = {SINGLY: 4.0, AT_ONCE: 3.0}
"""Seconds."""
ENOUGH = 20_000
"""Requests, of which none may fail."""
PASSING = Analysis(error_rate=0.01, min_requests=20, on_no_data="pass")
BLUE_GREEN = Strategy(kind="blue-green", pause=1.0, analysis=PASSING)
CANARY = Strategy(kind="canary", pause=1.0, analysis=PASSING)


@dataclass
class Seen:
    """What all loads saw, by what was done."""

    loads: dict[str, list[Load]] = field(default_factory=dict)

    def add(self, name: str, load: Load) -> None:
        """Count it."""
        self.loads.setdefault(name, []).append(load)

    def total(self, name: str) -> Load:
        """Of all rounds."""
        loads = self.loads.get(name, [])
        return Load(sum(each.requests for each in loads), sum(each.failed for each in loads))


def run(rounds: int) -> Report:
    """Seconds on the clock; the goals in seconds, and of no failed request, count as well."""
    seen = Seen()
    with single() as one, clustered(one) as many:
        seconds = in_turn(_samples(one, many, seen), rounds)
        _everything(EVERYTHING, one, seen, (BLUE_GREEN, CANARY))
        _everything(f"{EVERYTHING}, on a Swarm", many, seen)
    return report(seconds, seen)


def report(seconds: Mapping[str, float], seen: Seen) -> Report:
    """What came of it."""
    others = {name: value for name, value in seconds.items() if not _own(name)}
    return Report(
        name="docker-replace",
        unit="seconds",
        ours=seconds[SINGLY],
        peers=others,
        against=rival(seconds, seen),
        goal=1.0,
        missed=tuple(missed(seconds, seen)),
        notes=tuple(_note(name, seconds, seen) for name in seen.loads),
    )


def rival(seconds: Mapping[str, float], seen: Seen) -> str:
    """The fastest of the peers that fail least; most often they lose nothing."""
    others = [name for name in seconds if not _own(name)]
    return min(others, key=lambda name: (seen.total(name).failed, seconds[name]))


def missed(seconds: Mapping[str, float], seen: Seen) -> list[str]:
    """The goals that are not met."""
    late = [
        f"{name}: {seconds[name]:.1f} s, more than {goal:g} s"
        for name, goal in GOALS.items()
        if seconds[name] > goal
    ]
    own = {name: seen.total(name) for name in seen.loads if _own(name)}
    lost = [f"{name}: {each.failed} requests failed" for name, each in own.items() if each.failed]
    few = sum(each.requests for each in own.values()) < ENOUGH
    return [*late, *lost, *([f"fewer than {ENOUGH} requests"] if few else [])]


EVERYTHING = "ours, everything"


def _own(name: str) -> bool:
    return name.startswith("ours")


def _note(name: str, seconds: Mapping[str, float], seen: Seen) -> str:
    total, took = seen.total(name), seconds.get(name)
    lost = f"{name}: {total.failed} of {total.requests} requests failed"
    return lost if took is None else f"{lost}, {took:.1f} s"


def _samples(one: Site, many: Site, seen: Seen) -> dict[str, Callable[[], float]]:
    batch = Strategy(batch=REPLICAS)
    ways: dict[str, Way] = {
        SINGLY: partial(ours, one),
        AT_ONCE: partial(ours, one, strategy=batch),
        SWARM: partial(ours, many),
        "docker service update": partial(peers.service, many),
        "docker-compose": partial(peers.compose, one),
        "docker-rollout": partial(peers.rollout, one),
    }
    return {name: partial(_replace, name, way, seen) for name, way in ways.items()}


def _replace(name: str, way: Way, seen: Seen) -> float:
    with way(replicas=REPLICAS) as running:
        load, seconds = under_load(running.url, running.replace)
    seen.add(name, load)
    return seconds


def _everything(name: str, site: Site, seen: Seen, strategies: Sequence[Strategy] = ()) -> None:
    """All that may happen to replicas, one after another."""
    with ours(site, REPLICAS) as running:
        load, _ = under_load(running.url, partial(_do_everything, running, strategies))
    seen.add(name, load)


def _do_everything(running: Ours, strategies: Sequence[Strategy]) -> None:
    first = running.workload
    running.replace()
    running.roll_back()
    for strategy in strategies:
        running.strategy = strategy
        running.replace()
        running.deploy(first)
    running.scale(REPLICAS + 2)
    running.scale(REPLICAS)
