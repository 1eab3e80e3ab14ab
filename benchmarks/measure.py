"""Measure: commands and functions timed in turn, and what came of it."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 120.0
"""Seconds one command may take before it is killed."""

Sample = Callable[[], float]
"""Does the measured thing once and returns what it cost."""


class BenchmarkError(Exception):
    """A benchmark could not be carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a benchmark found. `ratio` is `ours` divided by the peer that `against` names."""

    name: str
    unit: str
    ours: float
    peers: Mapping[str, float]
    against: str
    goal: float | None
    """The ratio to stay under; None when none is set."""
    missed: tuple[str, ...] = ()
    """Further goals that are not met, for people; with one the benchmark's does not hold."""
    notes: tuple[str, ...] = ()
    """What else was seen, for people."""

    @property
    def ratio(self) -> float:
        """Ours in units of the peer; infinite when the peer's value is 0 and ours is not."""
        peer = self.peers[self.against]
        if peer:
            return self.ours / peer
        return 1.0 if self.ours == 0 else float("inf")

    @property
    def holds(self) -> bool:
        """Whether the goal is met, and none is missed; without any, always."""
        return not self.missed and (self.goal is None or self.ratio <= self.goal)

    def as_json(self) -> dict[str, object]:
        """The documented form."""
        given = asdict(self)
        del given["against"], given["goal"], given["notes"], given["missed"]
        return {
            **given,
            "peers": dict(self.peers),
            "ratio": round(self.ratio, 4) if isfinite(self.ratio) else None,
            "goal": self.goal,
            "holds": self.holds,
        }

    def as_text(self) -> str:
        """For people."""
        width = max(map(len, ("fullcycle", *self.peers)))
        rows = {"fullcycle": self.ours, **self.peers}
        lines = [f"  {who:{width}}  {value:10.4f} {self.unit}" for who, value in rows.items()]
        goal = "no goal" if self.goal is None else f"goal ≤ {self.goal:g}"
        verdict = "holds" if self.holds else "DOES NOT HOLD"
        end = f"  ratio to {self.against}: {self.ratio:.3f} ({goal}: {verdict})"
        more = [f"  MISSED: {each}" for each in self.missed] + [f"  {each}" for each in self.notes]
        return "\n".join([self.name, *lines, end, *more])


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command cost, its children included."""

    wall: float
    """Seconds on the clock."""
    cpu: float
    """Seconds of processor time, user and system."""


def command(words: Sequence[str], *, cwd: Path) -> Cost:
    """Run a command to its end.

    Raises:
        BenchmarkError: it failed or took longer than LIMIT; with the end of its output.
    """
    with tempfile.TemporaryFile() as output:
        began = perf_counter()
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        watchdog = threading.Timer(LIMIT, process.kill)
        watchdog.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            watchdog.cancel()
        wall = perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            tail = output.read()[-2000:].decode(errors="replace")
            raise BenchmarkError(f"{shlex.join(words)} ended with {process.returncode}:\n{tail}")
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def environment() -> dict[str, str]:
    """Ours, without what would make a measured command other than it is for a user."""
    odd = ("PYTHON", "INVOKE_", "FULLCYCLE_", "COV_", "PYTEST_")
    return {name: value for name, value in os.environ.items() if not name.startswith(odd)}


def in_turn(samples: Mapping[str, Sample], rounds: int) -> dict[str, float]:
    """The median cost of each, one sample of each a round.

    A first round warms caches and writes .pyc files and is thrown away. The order rotates, so
    that nobody always goes first.

    Args:
        samples: what to measure, by name.
        rounds: how many samples of each, at least 1.
    """
    names = list(samples)
    for name in names:
        samples[name]()
    costs: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            costs[name].append(samples[name]())
    return {name: median(each) for name, each in costs.items()}
