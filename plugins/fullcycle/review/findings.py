"""What is worth doing something about, for the next plan to open with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import Finding
from fullcycle.versioning.git import SHORT
from fullcycle.words import duration, plural

from .changes import changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fullcycle.model import Deployment

    from .dora import Dora, Metric
    from .stages import Flaky, Streak, Timing, Waste

SLOWER = 1.5
"""How many times its usual duration a step must take to be named."""
NOTICEABLE = 5.0
"""Seconds it must take longer."""
ENOUGH = 4
"""Values it takes to speak of a trend or a rate."""
WASTED = 0.2
"""Share of all step time that may be in vain."""
FAIL_RATE = 0.2
"""Change fail rate above which it is named: the bound of DORA 2024's "high" tier."""


def failing(streaks: Iterable[Streak]) -> Iterator[Finding]:
    """Steps that fail again and again."""
    for streak in streaks:
        yield Finding(
            id=f"failing:{streak.step}",
            severity="error",
            title=f"{streak.step} failed {streak.times} times in a row",
            detail=streak.reason.partition("\n")[0],
        )


def unrecovered(deployments: Iterable[Deployment]) -> Iterator[Finding]:
    """Environments that a failed deployment left behind."""
    last = {change.deployment.environment: change for change in changes(deployments)}
    for environment, change in sorted(last.items()):
        if change.failed and change.repaired is None:
            version = change.deployment.workload.release.version
            yield Finding(
                id=f"unrecovered:{environment}",
                severity="error",
                title=f"{version} failed to deploy to {environment}, and nothing came after it",
                detail=change.deployment.reason.partition("\n")[0],
            )


def unreliable(flaky: Iterable[Flaky]) -> Iterator[Finding]:
    """Steps that fail and succeed on the same source."""
    for each in flaky:
        on = ", ".join(revision[:SHORT] for revision in each.revisions[:3])
        yield Finding(
            id=f"flaky:{each.step}",
            severity="warning",
            title=f"{each.step} is flaky",
            detail=f"failed and succeeded on {on}"
            + (f"; {each.retries} retries helped" if each.retries else ""),
        )


def slower(timings: Iterable[Timing]) -> Iterator[Finding]:
    """Steps that took much longer than usual."""
    for timing in timings:
        usual, enough = timing.usual, len(timing.seconds) >= ENOUGH
        if usual and enough and timing.last > max(SLOWER * usual, usual + NOTICEABLE):
            yield Finding(
                id=f"slow:{timing.step}",
                severity="warning",
                title=f"{timing.step} took {timing.last / usual:.1f} times as long as usual",
                detail=f"{duration(timing.last)}, usually {duration(usual)}",
            )


def wasteful(waste: Waste) -> Iterator[Finding]:
    """Too much work in vain."""
    if waste.ratio > WASTED and waste.seconds > NOTICEABLE:
        yield Finding(
            id="waste",
            severity="info",
            title=f"{waste.ratio:.0%} of the time of all steps was in vain",
            detail=f"{duration(waste.seconds)} after a failure or in cancelled runs,"
            f" in {plural(waste.runs, 'run')}: let what fails most run first",
        )


def delivery(dora: Dora) -> Iterator[Finding]:
    """DORA metrics that call for something."""
    rate = dora.change_fail_rate
    if _tells(rate) and rate.value is not None and rate.value > FAIL_RATE:
        yield Finding(
            id="dora:change-fail-rate",
            severity="warning",
            title=f"{rate.value:.0%} of {rate.count} deployments failed",
            detail="smaller changes, or a canary, fail less",
        )
    if _tells(dora.lead_time) and dora.lead_time.tier == "low" and dora.lead_time.value:
        yield Finding(
            id="dora:lead-time",
            severity="warning",
            title=f"a commit takes {duration(dora.lead_time.value)} until it is deployed",
            detail=f"median of {dora.lead_time.count} commits: deploy more often",
        )


def _tells(metric: Metric) -> bool:
    return metric.count >= ENOUGH
