"""Seconds for one snapshot of what 40 containers consume, on the Engine's own machine.

Ours is all readings of an environment: its replicas, what its proxy counted and the host. The peer
is `docker stats --no-stream` of the same containers.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from fullcycle.environment import Platform
from fullcycle.providers import load

from .containers.ours import ours
from .containers.site import single
from .measure import BenchmarkError, Report, command, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from fullcycle.providers import Telemetry

CONTAINERS = 40
GOAL = 0.1
PEER = "docker stats --no-stream"
FIRST, NEXT = "the first look of a command", "fullcycle"


def run(rounds: int) -> Report:
    """Seconds on the clock."""
    with _environment() as (connect, folder, flags):
        telemetry = connect()
        words = ["docker", *flags, "stats", "--no-stream"]
        seconds = in_turn(
            {
                NEXT: partial(_look, lambda: telemetry),
                FIRST: partial(_look, connect),
                PEER: lambda: command(words, cwd=folder).wall,
            },
            rounds,
        )
    return report(seconds)


def report(seconds: Mapping[str, float]) -> Report:
    """What came of it."""
    return Report(
        name="snapshot",
        unit="seconds",
        ours=seconds[NEXT],
        peers={PEER: seconds[PEER]},
        against=PEER,
        goal=GOAL,
        notes=(f"{FIRST}: {seconds[FIRST]:.3f} s, 0.2 of them to see how busy all are",),
    )


@contextmanager
def _environment() -> Iterator[tuple[Callable[[], Telemetry], Path, list[str]]]:
    with single() as site, ours(site, CONTAINERS) as running:
        target = running.target

        def connect() -> Telemetry:
            return Platform(load("docker")(target), target).require("telemetry")

        yield connect, target.root, site.flags


def _look(connect: Callable[[], Telemetry]) -> float:
    """Until all replicas are measured.

    Raises:
        BenchmarkError: some were not.
    """
    began = perf_counter()
    readings = connect().readings()
    took = perf_counter() - began
    measured = sum(each.metric == "memory_bytes" for each in readings)
    if measured != CONTAINERS:
        raise BenchmarkError(f"{measured} of {CONTAINERS} containers were measured")
    return took
