"""Seconds that a round of the autoscaling controller takes at 100 replicas, beside measuring.

What the platform takes for its readings and its status is its own affair; this is all that comes
after them: rates between two looks, the decision with a memory of five minutes, the record on the
disk. The bound is ours: a hundredth of the 15 seconds between two rounds.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from fullcycle.model import BUCKET, HOST, Reading, Resources, ScalingPolicy
from fullcycle.observe.histogram import BOUNDS
from fullcycle.scaling.behaviour import Memory, span
from fullcycle.scaling.book import Book, Decision
from fullcycle.scaling.decide import decide
from fullcycle.scaling.hpa import Fleet
from fullcycle.scaling.peaks import limits_at
from fullcycle.scaling.samples import Meter

from .measure import Report, in_turn

REPLICAS = 100
BOUND = 0.15
"""Seconds."""
POLICY = ScalingPolicy(max=200, target={"cpu": 60.0, "requests": 50.0, "response": 0.5})
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def run(rounds: int) -> Report:
    """Seconds on the clock."""
    with tempfile.TemporaryDirectory() as folder:
        controller = _Rounds(Path(folder))
        costs = in_turn({"fullcycle": controller.one}, rounds)
    return Report(
        name="autoscale",
        unit="seconds",
        ours=costs["fullcycle"],
        peers={"1 % of the interval": BOUND},
        against="1 % of the interval",
        goal=1.0,
        notes=(f"{REPLICAS} replicas, {len(_readings(BEGIN, 0))} readings a round",),
    )


class _Rounds:
    """One round after another, 15 seconds apart on a clock of its own."""

    def __init__(self, folder: Path) -> None:
        self._book = Book(folder, "live")
        self._meter, self._memory = Meter(), Memory()
        self._number = 0

    def one(self) -> float:
        """The seconds of one round."""
        self._number += 1
        now = BEGIN + timedelta(seconds=15 * self._number)
        readings = _readings(now, self._number)
        ready = [f"replica-{number}" for number in range(REPLICAS)]
        began = perf_counter()
        verdict = decide(
            Fleet(REPLICAS, REPLICAS),
            self._meter.look(readings, ready, Resources()),
            policy=POLICY,
            limits=limits_at(POLICY, now),
            memory=self._memory,
            now=now.timestamp(),
        )
        self._memory.note(now.timestamp(), verdict.asked, 0, span(POLICY))
        self._book.add(
            Decision(
                at=now,
                before=REPLICAS,
                asked=verdict.asked,
                after=verdict.replicas,
                reason=verdict.reason,
            )
        )
        return perf_counter() - began


def _readings(now: datetime, number: int) -> list[Reading]:
    """What a platform says of 100 replicas that serve 40 requests a second each."""
    found = [_reading("memory_total_bytes", 64e9, HOST, now)]
    for place in range(REPLICAS):
        name = f"replica-{place}"
        requests = 600.0 * number
        values = {"cpu_ratio": 0.5, "memory_bytes": 2e8, "requests_total": requests, "up": 1.0}
        values |= {"errors_total": 0.0, "restarts_total": 0.0, "sessions": 3.0}
        values |= {f"{BUCKET}{bound:g}": requests for bound in BOUNDS}
        found += [_reading(metric, value, name, now) for metric, value in values.items()]
    return found


def _reading(metric: str, value: float, subject: str, now: datetime) -> Reading:
    return Reading(metric=metric, value=value, unit="count", subject=subject, at=now)
