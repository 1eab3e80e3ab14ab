"""Seconds from 1 to 20 replicas with Docker, and back, until all are healthy, or gone.

The peers are `docker service scale`, on a Swarm, and docker-compose; both with a HEALTHCHECK every
second. The ratio is of the whole way up and down.
"""

from __future__ import annotations

from functools import partial
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from .containers import peers
from .containers.ours import ours
from .containers.site import clustered, single
from .measure import Report, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from .containers.peers import Running

    Way = Callable[..., AbstractContextManager[Running]]
    Trip = tuple[float, float]

FEW, MANY = 1, 20
UP, DOWN = 5.0, 2.0
"""The goals, in seconds."""
OURS = "fullcycle"


def run(rounds: int) -> Report:
    """Seconds on the clock; the goals in seconds count as well."""
    trips: dict[str, list[Trip]] = {}
    with single() as one, clustered(one) as many:
        ways: dict[str, Way] = {
            OURS: partial(ours, one),
            "docker service scale": partial(peers.service, many),
            "docker-compose": partial(peers.compose, one),
        }
        samples = {name: partial(_there_and_back, name, way, trips) for name, way in ways.items()}
        seconds = in_turn(samples, rounds)
    return report(seconds, {name: _typical(each[1:]) for name, each in trips.items()})


def report(seconds: Mapping[str, float], trips: Mapping[str, Trip]) -> Report:
    """What came of it."""
    others = {name: value for name, value in seconds.items() if name != OURS}
    return Report(
        name="docker-scale",
        unit="seconds",
        ours=seconds[OURS],
        peers=others,
        against=min(others, key=lambda name: others[name]),
        goal=1.0,
        missed=tuple(missed(*trips[OURS])),
        notes=tuple(
            f"{name}: up {up:.1f} s, down {down:.1f} s" for name, (up, down) in trips.items()
        ),
    )


def missed(up: float, down: float) -> list[str]:
    """The goals that are not met."""
    found = (("up", up, UP), ("down", down, DOWN))
    return [
        f"{way}: {took:.1f} s, more than {goal:g} s" for way, took, goal in found if took > goal
    ]


def _typical(trips: Sequence[Trip]) -> Trip:
    return median(up for up, _ in trips), median(down for _, down in trips)


def _there_and_back(name: str, way: Way, trips: dict[str, list[Trip]]) -> float:
    with way(replicas=FEW) as running:
        took = _seconds(running, MANY), _seconds(running, FEW)
    trips.setdefault(name, []).append(took)
    return sum(took)


def _seconds(running: Running, count: int) -> float:
    began = perf_counter()
    running.scale(count)
    return perf_counter() - began
