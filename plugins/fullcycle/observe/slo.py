"""SLOs: how much of an error budget is left, and how fast it burns.

Burn rate = error rate / (1 - target): at 1 the budget lasts exactly as long as its window. An alert
fires while both a long and a short window burn too fast: the long one so that it matters, the short
one so that it ends soon after the cause (Google's SRE Workbook, chapter 5, "Multiwindow,
Multi-Burn-Rate Alerts").
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from fullcycle.model import Reading

EVENTS = "slo_events_per_second"
"""Requests, or probes of an endpoint, that count for an objective; the subject is its name."""
GOOD = "slo_good_events_per_second"
"""Those of them that were as the objective wants them."""
METRICS = (EVENTS, GOOD)
HOUR = 3600.0
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What users may rely on."""

    name: str
    kind: Literal["availability", "latency"]
    """Requests that succeed, or that are answered within a time."""
    target: float
    """Share of good events: 0.999."""
    window_days: float = 30.0
    """Over which the target must hold; it rolls."""
    threshold_seconds: float | None = None
    """Latency: the time."""
    endpoint: str = ""
    """A path or URL whose probes are the events; without, the requests of users."""

    @property
    def budget(self) -> float:
        """Share of events that may be bad."""
        return 1 - self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a budget burns too fast."""

    name: str
    long: float
    """Seconds."""
    short: float
    """Seconds."""
    spent: float
    """Share of the whole budget that is gone when this went on for the long window."""
    severity: Literal["page", "ticket"]
    """Whether somebody has to come at once."""

    def threshold(self, window_days: float) -> float:
        """Burn rate above which it fires: 14.4, 6, 3 and 1 for 30 days."""
        return self.spent * window_days * DAY / self.long


RULES = (
    Rule(name="1h", long=HOUR, short=HOUR / 12, spent=0.02, severity="page"),
    Rule(name="6h", long=6 * HOUR, short=HOUR / 2, spent=0.05, severity="page"),
    Rule(name="1d", long=DAY, short=2 * HOUR, spent=0.1, severity="ticket"),
    Rule(name="3d", long=3 * DAY, short=6 * HOUR, spent=0.1, severity="ticket"),
)
"""The Workbook's recommended parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """How fast a budget burns, by one rule."""

    name: str
    long: float
    """Seconds."""
    short: float
    """Seconds."""
    threshold: float
    severity: Literal["page", "ticket"]
    long_rate: float
    """Burn rate over the long window; 0 when nothing happened in it."""
    short_rate: float
    firing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an objective stands."""

    objective: Objective
    attained: float | None
    """Share of good events over the window; None before the first."""
    budget_left: float
    """1 when nothing was bad, 0 when the budget is spent, negative when more than that."""
    burns: tuple[Burn, ...]

    @property
    def firing(self) -> tuple[Burn, ...]:
        """Those that burn too fast, the most urgent first."""
        return tuple(burn for burn in self.burns if burn.firing)


def standings(
    objectives: Sequence[Objective], readings: Iterable[Reading], now: datetime
) -> list[Standing]:
    """How the objectives stand.

    Args:
        objectives: what is wanted.
        readings: of METRICS, of one environment, for as long as the longest window.
        now: the end of all windows.
    """
    series: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    for reading in readings:
        series[reading.subject, reading.metric].append(reading)
    return [
        _standing(
            objective,
            _Sum(series[objective.name, EVENTS]),
            _Sum(series[objective.name, GOOD]),
            now.timestamp(),
        )
        for objective in objectives
    ]


class _Sum:
    """How many events there were since a time; rates are spread over the time they are about."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        ordered = sorted(readings, key=lambda reading: reading.at)
        self._at = [each.at.timestamp() for each in ordered]
        counts = (each.value * (each.seconds or 1.0) for each in ordered)
        self._until = [0.0, *accumulate(counts)]

    def since(self, start: float) -> float:
        return self._until[-1] - self._until[bisect_left(self._at, start)]


def _standing(objective: Objective, events: _Sum, good: _Sum, now: float) -> Standing:
    def bad(seconds: float) -> float | None:
        total = events.since(now - seconds)
        return max(0.0, 1 - good.since(now - seconds) / total) if total > 0 else None

    def burn(rule: Rule) -> Burn:
        threshold = rule.threshold(objective.window_days)
        long, short = ((bad(each) or 0.0) / objective.budget for each in (rule.long, rule.short))
        return Burn(
            name=rule.name,
            long=rule.long,
            short=rule.short,
            threshold=threshold,
            severity=rule.severity,
            long_rate=long,
            short_rate=short,
            firing=long > threshold and short > threshold,
        )

    failed = bad(objective.window_days * DAY)
    return Standing(
        objective=objective,
        attained=None if failed is None else 1 - failed,
        budget_left=1 - (failed or 0.0) / objective.budget,
        burns=tuple(burn(rule) for rule in RULES if rule.long < objective.window_days * DAY),
    )
