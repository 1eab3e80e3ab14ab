"""CPU seconds to replay two weeks of traffic, minute by minute, against a scaling policy.

The traffic is NASA's of one week in 1995, twice (tests/data); the policy looks every 15 seconds, so
that 80,640 decisions are taken, each by the code of `scale.auto`. The bound is the plan's.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from fullcycle.model import ScalingPolicy
from fullcycle.scaling.pilots import Hpa, TargetTracking
from fullcycle.scaling.simulate import Site, simulate
from fullcycle.scaling.trace import read_trace

from .measure import BenchmarkError, Report, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.scaling.simulate import Pilot
    from fullcycle.scaling.trace import Trace

TRAFFIC = Path(__file__).parents[1] / "tests" / "data" / "nasa-requests-per-minute.csv"
BOUND = 1.0
"""Seconds."""
SITE = Site(capacity=20, startup=30)
POLICY = ScalingPolicy(max=20)


def run(rounds: int) -> Report:
    """Seconds of processor time, reading the file not counted."""
    if not TRAFFIC.exists():
        raise BenchmarkError(f"the traffic is missing: {TRAFFIC}")
    week = read_trace(TRAFFIC)
    trace = replace(week, requests=week.requests * 2)
    costs = in_turn(
        {
            "hpa": lambda: _seconds(trace, lambda: Hpa(POLICY, SITE, trace)),
            "target tracking": lambda: _seconds(trace, lambda: TargetTracking(POLICY, SITE)),
        },
        rounds,
    )
    return Report(
        name="simulate",
        unit="CPU seconds",
        ours=costs["hpa"],
        peers={"the plan's bound": BOUND},
        against="the plan's bound",
        goal=1.0,
        notes=(f"target tracking: {costs['target tracking']:.2f} CPU seconds",),
    )


def _seconds(trace: Trace, pilot: Callable[[], Pilot]) -> float:
    began = process_time()
    simulate(trace, pilot(), SITE)
    return process_time() - began
