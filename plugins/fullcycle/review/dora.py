"""The DORA metrics, from deployments and git."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from .changes import brought, changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from fullcycle.model import Deployment
    from fullcycle.versioning.git import Repository

    from .changes import Change

TIERS = "DORA 2024"
"""Whose tiers these are. They move from year to year."""
HOUR = 3600.0
DAY = 24 * HOUR
WEEK = 7 * DAY
MONTH = 30 * DAY

REWORK_TYPES = frozenset({"fix", "revert"})
"""A deployment that brings nothing else repairs what users saw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. Without a value, `note` says what is missing."""

    name: str
    value: float | None
    unit: str
    """`seconds`, `per day` or `ratio`."""
    count: int
    """From how many commits, deployments or failures."""
    tier: str = ""
    """`elite`, `high`, `medium` or `low`; empty where DORA has published none."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dora:
    """The five metrics."""

    lead_time: Metric
    frequency: Metric
    change_fail_rate: Metric
    recovery_time: Metric
    rework_rate: Metric

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All five, in DORA's order."""
        return (
            self.lead_time,
            self.frequency,
            self.recovery_time,
            self.change_fail_rate,
            self.rework_rate,
        )


def dora(deployments: Iterable[Deployment], repository: Repository | None, now: datetime) -> Dora:
    """The metrics of these deployments.

    Args:
        deployments: those that count, of one or several environments.
        repository: tells which commits a deployment brought; None when there is none.
        now: the end of the time looked at.
    """
    found = changes(deployments)
    return Dora(
        lead_time=_lead_time(found, repository),
        frequency=_frequency(found, now),
        change_fail_rate=_fail_rate(found),
        recovery_time=_recovery_time(found),
        rework_rate=_rework_rate(found, repository),
    )


def _lead_time(found: Sequence[Change], repository: Repository | None) -> Metric:
    """Median seconds from a commit to its deployment.

    Nothing is deployed before it is committed: 0 and less are wrong clocks, and dropped.
    """
    times = [
        (change.deployment.finished - commit.committed).total_seconds()
        for change in found
        if change.succeeded and change.deployment.finished
        for commit in brought(change, repository)
    ]
    positive = [seconds for seconds in times if seconds > 0]
    return _metric(
        "change lead time",
        positive,
        "seconds",
        tiers=((DAY, "elite"), (WEEK, "high"), (MONTH, "medium")),
        missing="no deployment whose commits are in this clone",
    )


def _frequency(found: Sequence[Change], now: datetime) -> Metric:
    """Successful changes a day, since the first one and over at least a day."""
    times = [c.deployment.finished for c in found if c.succeeded and c.deployment.finished]
    if not times:
        return _nothing("deployment frequency", "per day", "no successful deployment")
    days = max(now - min(times), timedelta(days=1)) / timedelta(days=1)
    rate = len(times) / days
    return Metric(
        name="deployment frequency",
        value=rate,
        unit="per day",
        count=len(times),
        tier=_tier(1 / rate, ((0.999, "elite"), (7, "high"), (30, "medium"))),
        note=f"in {days:.0f} days" if days > 1 else "in a day",
    )


def _fail_rate(found: Sequence[Change]) -> Metric:
    """Share of changes that failed, each counted once.

    2024 has "medium" at 10%, better than "high" at 20%; a single value cannot be both, so what is
    above 20% is low.
    """
    tried = [change for change in found if not change.rollback]
    if not tried:
        return _nothing("change fail rate", "ratio", "no deployment")
    rate = sum(change.failed for change in tried) / len(tried)
    tier = _tier(rate, ((0.05, "elite"), (0.2, "high")))
    return Metric(name="change fail rate", value=rate, unit="ratio", count=len(tried), tier=tier)


def _recovery_time(found: Sequence[Change]) -> Metric:
    """Median seconds from a failed deployment to the moment users were served well again."""
    times = [
        (change.repaired - change.failing_since).total_seconds()
        for change in found
        if change.failed and change.repaired
    ]
    return _metric(
        "failed deployment recovery time",
        times,
        "seconds",
        # "High" and "medium" are both a day in 2024: the better name.
        tiers=((HOUR, "elite"), (DAY, "high")),
        missing="no failed deployment that was recovered from",
    )


def _rework_rate(found: Sequence[Change], repository: Repository | None) -> Metric:
    """Share of successful deployments that only repaired.

    They came after a failure, went back to an earlier version, or brought nothing but fixes.
    """
    good = [change for change in found if change.succeeded]
    if not good:
        return _nothing("deployment rework rate", "ratio", "no successful deployment")
    rework = sum(change.repairs or _only_fixes(change, repository) for change in good)
    return Metric(
        name="deployment rework rate", value=rework / len(good), unit="ratio", count=len(good)
    )


def _only_fixes(change: Change, repository: Repository | None) -> bool:
    types = {commit.type for commit in brought(change, repository)} if change.before else set()
    return bool(types) and types <= REWORK_TYPES


def _metric(
    name: str,
    values: Sequence[float],
    unit: str,
    *,
    tiers: Sequence[tuple[float, str]],
    missing: str,
) -> Metric:
    if not values:
        return _nothing(name, unit, missing)
    middle = median(values)
    return Metric(name=name, value=middle, unit=unit, count=len(values), tier=_tier(middle, tiers))


def _nothing(name: str, unit: str, missing: str) -> Metric:
    return Metric(name=name, value=None, unit=unit, count=0, note=missing)


def _tier(value: float, bounds: Sequence[tuple[float, str]]) -> str:
    """The first tier whose bound the value doesn't exceed."""
    return next((tier for bound, tier in bounds if value <= bound), "low")
