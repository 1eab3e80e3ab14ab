"""What two rounds of measuring tell together: rates, shares, and percentiles of what lay between.

A counter that fell began anew; one of a replica that is new began at 0 (as Prometheus' `increase`
has it, but for what came before the first look).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 (read at run time when a stored round is parsed)
from math import inf
from typing import TYPE_CHECKING, TypeAlias

from fullcycle.model import APP, BUCKET, Reading

from .histogram import percentile, together

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PER_SECOND = {
    "requests_total": ("requests_per_second", "count"),
    "errors_total": ("errors_per_second", "count"),
    "network_receive_bytes_total": ("network_receive_bytes_per_second", "bytes"),
    "network_transmit_bytes_total": ("network_transmit_bytes_per_second", "bytes"),
    "disk_read_bytes_total": ("disk_read_bytes_per_second", "bytes"),
    "disk_written_bytes_total": ("disk_written_bytes_per_second", "bytes"),
}
"""Counter → the metric and unit of its rate."""
PERCENTILES = (50, 95, 99)

Counters: TypeAlias = Mapping[str, Mapping[str, float]]
"""Metric → subject → count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The counters of one round."""

    at: datetime
    counters: Counters

    @classmethod
    def of(cls, readings: Iterable[Reading], at: datetime) -> Round:
        """Those among the readings."""
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for each in readings:
            if each.metric in PER_SECOND or each.metric.startswith(BUCKET):
                found[each.metric][each.subject] = each.value
        return cls(at=at, counters=found)


class Between:
    """What happened between two rounds."""

    def __init__(self, before: Round, after: Round) -> None:
        self.seconds = (after.at - before.at).total_seconds()
        self._at = after.at
        self._increases = {
            metric: _increases(before.counters.get(metric, {}), counts)
            for metric, counts in after.counters.items()
        }

    def total(self, metric: str) -> float | None:
        """How much a counter grew, over all replicas; None when nobody counts it."""
        grown = self._increases.get(metric)
        return None if grown is None else sum(grown.values())

    def histogram(self) -> dict[float, int]:
        """The response times of all replicas."""
        return together(
            {float(metric.removeprefix(BUCKET)): int(count)}
            for metric, grown in self._increases.items()
            if metric.startswith(BUCKET)
            for count in grown.values()
        )

    def readings(self) -> list[Reading]:
        """Rates and shares of each replica and of the application as a whole."""
        found = [*self._rates(), *self._shares()]
        histogram = self.histogram()
        for percent in PERCENTILES:
            seconds = percentile({}, histogram, percent)
            if seconds is not None:
                found.append(self._reading(f"response_p{percent}_seconds", seconds, "seconds", APP))
        return found

    def _rates(self) -> Iterator[Reading]:
        for counter, (metric, unit) in PER_SECOND.items():
            grown = self._increases.get(counter, {})
            for subject, count in grown.items():
                yield self._reading(metric, count / self.seconds, unit, subject)
            if grown:
                yield self._reading(metric, sum(grown.values()) / self.seconds, unit, APP)

    def _shares(self) -> Iterator[Reading]:
        requests = self._increases.get("requests_total", {})
        errors = self._increases.get("errors_total", {})
        for subject, count in requests.items():
            if count:
                yield self._reading("error_ratio", errors.get(subject, 0) / count, "ratio", subject)
        total = sum(requests.values())
        if total:
            yield self._reading("error_ratio", sum(errors.values()) / total, "ratio", APP)

    def _reading(self, metric: str, value: float, unit: str, subject: str) -> Reading:
        return Reading(
            metric=metric,
            value=value,
            unit=unit,
            subject=subject,
            at=self._at,
            seconds=self.seconds,
        )


def within(histogram: Mapping[float, int], seconds: float) -> int:
    """How many responses took at most that long; by the next smaller bound that is counted."""
    return max((count for bound, count in histogram.items() if bound <= seconds), default=0)


def buckets(subject: str, histogram: Mapping[float, int], at: datetime) -> Iterator[Reading]:
    """A cumulative histogram as readings."""
    for bound, count in histogram.items():
        name = "+Inf" if bound == inf else f"{bound:g}"
        yield Reading(metric=BUCKET + name, value=count, unit="count", subject=subject, at=at)


def _increases(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    grown = {subject: count - before.get(subject, 0) for subject, count in after.items()}
    return {subject: more if more >= 0 else after[subject] for subject, more in grown.items()}
