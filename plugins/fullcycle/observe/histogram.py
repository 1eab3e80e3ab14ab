"""Response times as cumulative histograms: upper bound in seconds → responses at most that long."""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds: the default buckets of Prometheus' clients, and 30 s for what is slow on purpose."""


def histogram(beyond: Sequence[int]) -> dict[float, int]:
    """The histogram of counts that fall.

    Args:
        beyond: how many responses there were, then how many took longer than each of BOUNDS.
    """
    responses, *longer = beyond
    kept = {bound: responses - count for bound, count in zip(BOUNDS, longer, strict=True)}
    return kept | {inf: responses}


def together(histograms: Iterable[Mapping[float, int]]) -> dict[float, int]:
    """The histogram of several replicas as if they were one; of the same bounds."""
    counted: Counter[float] = Counter()
    for each in histograms:
        counted.update(each)
    return dict(sorted(counted.items()))


def percentile(
    before: Mapping[float, int], after: Mapping[float, int], percent: float
) -> float | None:
    """The seconds that so many percent of the responses between two looks took at most.

    Responses are taken to be spread evenly between two bounds, as Prometheus'
    `histogram_quantile` has it. Counts that fell begin anew, as after a restart.

    Args:
        before: the earlier look; empty for all responses.
        after: the later look.
        percent: 95 for p95.

    Returns:
        seconds; the highest bound when the response is beyond it; None without responses.
    """
    if after.get(inf, 0) < before.get(inf, 0):
        before = {}
    counts = {bound: after[bound] - before.get(bound, 0) for bound in sorted(after)}
    if not counts.get(inf):
        return None
    rank = counts[inf] * percent / 100
    lower, below = 0.0, 0
    for bound, count in counts.items():
        if bound == inf:
            break
        if count >= rank and count > below:
            return lower + (bound - lower) * max(0.0, rank - below) / (count - below)
        lower, below = bound, count
    return lower
