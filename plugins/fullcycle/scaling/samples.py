"""From readings to the values that a scaling policy compares with its targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import APP, HOST
from fullcycle.observe.derive import Between, Round

from .hpa import Sample

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from fullcycle.model import Reading, Resources

RESPONSE = "response_p95_seconds"
SHORTEST = 0.5
"""Seconds between two looks below which a rate is not worth much."""
PERCENT = 100

Table = dict[str, dict[str, float]]
"""Values by metric and subject."""


class Meter:
    """Makes samples of readings. Remembers the last look, for what is a rate."""

    def __init__(self) -> None:
        self._last: Round | None = None

    def look(
        self, readings: Sequence[Reading], ready: Collection[str], resources: Resources
    ) -> dict[str, Sample]:
        """What each metric is now; one that nothing was measured of is left out.

        `cpu` and `memory` are percent of what a replica may use: of its limits, else of one core
        and of the host's memory. `requests` and `response`, the 95th percentile, are those since
        the last look, so the first look has none.

        Args:
            readings: of one look.
            ready: ids of the replicas that serve; those of others don't count.
            resources: the limits of a replica.
        """
        between = self._between(readings)
        table = _table([*readings, *(between.readings() if between else ())])
        memory = resources.memory or table.get("memory_total_bytes", {}).get(HOST, 0.0)
        found = {
            "cpu": _percent(_sample(table, "cpu_ratio", ready), resources.cpus or 1.0),
            "memory": _percent(_sample(table, "memory_bytes", ready), memory),
            "requests": _sample(table, "requests_per_second", ready),
            "response": _response(table, between),
        }
        return {metric: sample for metric, sample in found.items() if sample.replicas}

    def _between(self, readings: Sequence[Reading]) -> Between | None:
        if not readings:
            return None
        last, self._last = self._last, Round.of(readings, max(each.at for each in readings))
        if last is None or (self._last.at - last.at).total_seconds() < SHORTEST:
            return None
        return Between(last, self._last)


def _table(readings: Iterable[Reading]) -> Table:
    table: Table = {}
    for each in readings:
        table.setdefault(each.metric, {})[each.subject] = each.value
    return table


def _sample(
    table: Mapping[str, Mapping[str, float]], metric: str, ready: Collection[str]
) -> Sample:
    values = table.get(metric, {})
    counted = [values[each] for each in ready if each in values]
    return Sample(sum(counted), len(counted))


def _percent(used: Sample, may: float) -> Sample:
    return Sample(used.total / may * PERCENT, used.replicas) if may else Sample(0.0, 0)


def _response(table: Table, between: Between | None) -> Sample:
    """Of all replicas together; 0 when nobody asked anything."""
    seconds = table.get(RESPONSE, {}).get(APP)
    if seconds is not None:
        return Sample(seconds, 1)
    idle = between is not None and between.total("requests_total") == 0
    return Sample(0.0, int(idle))
