"""Analysis: whether a version's requests are good enough, judged by the router's own figures.

Pure arithmetic on differences of counters, so that it says the same for every platform.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING

from fullcycle.observe.histogram import percentile, together

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fullcycle.providers import Analysis, RouteStatistics

CERTAIN = 3.0
"""Standard deviations: a share of failures that is only by chance above its limit would be called
certain once in 700 times."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the requests of some replicas were like during a while."""

    requests: int = 0
    errors: int = 0
    latencies: Mapping[float, int] = field(default_factory=dict)
    """Upper bound in seconds → responses that took at most as long."""

    def __str__(self) -> str:
        if not self.errors:
            return f"{_count(self.requests)}, none failed"
        share = 100 * self.errors / max(1, self.requests)
        return f"{self.errors} of {_count(self.requests)} failed ({share:.1f} %)"

    def within(self, percent: float) -> float | None:
        """The seconds that so many percent of the responses took at most; None without data."""
        return percentile({}, self.latencies, percent)


def between(before: Iterable[RouteStatistics], after: Iterable[RouteStatistics]) -> Figures:
    """What happened between two looks. Counters that fell have begun anew."""
    earlier = {each.replica: each for each in before}
    grown = [_grown(earlier.get(each.replica), each) for each in after]
    return Figures(
        requests=sum(each.requests for each in grown),
        errors=sum(each.errors for each in grown),
        latencies=together(each.latencies for each in grown),
    )


def certain_fault(figures: Figures, analysis: Analysis) -> str:
    """Why the version is certain to be too bad, although it could be watched longer; else empty.

    Enough requests have been seen, and even the lower end of Wilson's interval of the share that
    fails is above the limit.
    """
    limit = analysis.error_rate
    if limit is None or not enough(figures, analysis) or not figures.errors:
        return ""
    return _failing(figures, limit) if _at_least(figures) > limit else ""


def faults(figures: Figures, analysis: Analysis) -> list[str]:
    """Every limit that the figures break, with the numbers; nothing without enough requests."""
    return list(_faults(figures, analysis)) if enough(figures, analysis) else []


def enough(figures: Figures, analysis: Analysis) -> bool:
    """Whether there were as many requests as the analysis needs."""
    return figures.requests >= analysis.min_requests


def lacking(figures: Figures, analysis: Analysis) -> str:
    """What there is no data about, for people; empty when nothing lacks."""
    if analysis.error_rate is None and not analysis.percentiles:
        return ""
    if not enough(figures, analysis):
        return f"{_count(figures.requests)}, at least {analysis.min_requests} are needed"
    if analysis.percentiles and figures.within(min(analysis.percentiles)) is None:
        return "the router has counted no response times"
    return ""


def _faults(figures: Figures, analysis: Analysis) -> Iterator[str]:
    limit = analysis.error_rate
    if limit is not None and figures.errors > limit * figures.requests:
        yield _failing(figures, limit)
    for percent, seconds in sorted(analysis.percentiles.items()):
        took = figures.within(percent)
        if took is not None and took > seconds:
            yield (
                f"p{percent:g} of {_count(figures.requests)} is {took:.3g} s,"
                f" at most {seconds:g} s may be"
            )


def _failing(figures: Figures, limit: float) -> str:
    return f"{figures}, at most {limit * 100:g} % may"


def _at_least(figures: Figures) -> float:
    """The lower end of Wilson's score interval."""
    n, z = figures.requests, CERTAIN
    share = min(1.0, figures.errors / n)
    middle = share + z * z / (2 * n)
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (middle - spread) / (1 + z * z / n)


def _grown(before: RouteStatistics | None, after: RouteStatistics) -> Figures:
    if before is None or after.requests < before.requests:
        return Figures(after.requests, after.errors, after.latencies)
    return Figures(
        requests=after.requests - before.requests,
        errors=max(0, after.errors - before.errors),
        latencies={
            bound: max(0, count - before.latencies.get(bound, 0))
            for bound, count in after.latencies.items()
        },
    )


def _count(requests: int) -> str:
    return "1 request" if requests == 1 else f"{requests} requests"
