"""Review: a look back over runs and deployments."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from . import findings as found
from .dora import Dora, dora
from .stages import Flaky, Streak, Timing, Waste, flaky, streaks, timings, waste

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from fullcycle.model import Deployment, Finding, Run
    from fullcycle.versioning.git import Repository

_SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What the runs and deployments up to now tell."""

    at: datetime
    runs: tuple[Run, ...]
    """Newest first."""
    deployments: tuple[Deployment, ...]
    """Newest first."""
    dora: Dora
    timings: tuple[Timing, ...]
    """The longest first."""
    flaky: tuple[Flaky, ...]
    streaks: tuple[Streak, ...]
    waste: Waste
    findings: tuple[Finding, ...]
    """The gravest first."""


def review(
    runs: Iterable[Run],
    deployments: Iterable[Deployment],
    repository: Repository | None,
    now: datetime,
) -> Review:
    """Look back.

    Args:
        runs: from the ledger, in any order; a run that goes on counts with what it has done.
        deployments: those that count for the DORA metrics, in any order.
        repository: tells which commits a deployment brought; None when there is none.
        now: the end of the time looked at.
    """
    all_runs = sorted(runs, key=lambda run: (run.started, run.id), reverse=True)
    all_deployments = sorted(deployments, key=lambda d: (d.started, d.id), reverse=True)
    measured = dora(all_deployments, repository, now)
    times, unreliable = timings(all_runs), flaky(all_runs)
    failing, wasted = streaks(all_runs), waste(all_runs)
    noticed = chain(
        found.failing(failing),
        found.unrecovered(all_deployments),
        found.unreliable(unreliable),
        found.slower(times),
        found.delivery(measured),
        found.wasteful(wasted),
    )
    return Review(
        at=now,
        runs=tuple(all_runs),
        deployments=tuple(all_deployments),
        dora=measured,
        timings=tuple(times),
        flaky=tuple(unreliable),
        streaks=tuple(failing),
        waste=wasted,
        findings=tuple(sorted(noticed, key=lambda f: _SEVERITIES.index(f.severity))),
    )
