"""What the overview shows of environments, deployments and readings: pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from math import isfinite
from typing import TYPE_CHECKING

from fullcycle.model import DeploymentStatus
from fullcycle.web.figures import Sparkline, sparkline
from fullcycle.web.states import DEPLOYMENTS, State
from fullcycle.words import UNKNOWN, amount, duration, utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from fullcycle.model import Deployment, Finding, Reading

FRESH = timedelta(minutes=5)
"""A subject last measured longer than this before the newest reading is gone."""
SEVERITY = {"error": 0, "warning": 1}
TITLES = {
    "cpu_ratio": "CPU",
    "memory_bytes": "Memory",
    "disk_used_ratio": "Disk used",
    "up": "Up",
    "response_seconds": "Response time",
    "requests_total": "Requests",
    "errors_total": "Errors",
    "restarts_total": "Restarts",
    "uptime_seconds": "Uptime",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentView:
    """A deployment as it is shown."""

    id: str
    environment: str
    version: str
    digest: str
    revision: str
    strategy: str
    replicas: int
    state: State
    started: datetime
    seconds: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentView:
    """What runs in an environment, going by its deployments."""

    name: str
    serving: DeploymentView | None
    """The last deployment that succeeded; None when none did."""
    latest: DeploymentView
    """The last deployment, however it ended."""

    @property
    def steady(self) -> bool:
        """Whether the last deployment is the one that serves."""
        return self.serving is self.latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One subject's values of one metric."""

    subject: str
    title: str
    latest: str
    low: str
    high: str
    at: datetime
    alarming: bool
    """Whether the latest value means that something is down."""
    figure: Sparkline


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricView:
    """All subjects of one metric, on one scale."""

    metric: str
    title: str
    series: tuple[Series, ...]


def deployment_view(deployment: Deployment, now: datetime) -> DeploymentView:
    """A deployment as it is shown; `now` is the end of one that is still running."""
    running = deployment.status is DeploymentStatus.RUNNING
    end = deployment.finished or (now if running else None)
    release = deployment.workload.release
    return DeploymentView(
        id=deployment.id,
        environment=deployment.environment,
        version=release.version,
        digest=release.digest.removeprefix("sha256:")[:12],
        revision=release.revision[:10],
        strategy=deployment.strategy,
        replicas=deployment.workload.replicas,
        state=DEPLOYMENTS[deployment.status],
        started=deployment.started,
        seconds=duration(max((utc(end) - utc(deployment.started)).total_seconds(), 0.0))
        if end
        else UNKNOWN,
        by=deployment.by,
        reason=deployment.reason,
    )


def environments(deployments: Sequence[Deployment], now: datetime) -> tuple[EnvironmentView, ...]:
    """One entry per environment, by name; the deployments come newest first."""
    names = sorted({d.environment for d in deployments})
    return tuple(_environment([d for d in deployments if d.environment == n], now) for n in names)


def metrics(readings: Iterable[Reading]) -> tuple[MetricView, ...]:
    """The readings by metric and subject, the best known metrics first."""
    ordered = sorted(readings, key=lambda r: (_rank(r.metric), r.metric, r.subject, utc(r.at)))
    if not ordered:
        return ()
    moments = [utc(r.at).timestamp() for r in ordered]
    since, until = min(moments), max(moments)
    return tuple(
        _metric(metric, list(members), since, until)
        for metric, members in groupby(ordered, key=lambda r: r.metric)
    )


def subjects(readings: Sequence[Reading]) -> tuple[tuple[str, tuple[Series, ...]], ...]:
    """The subjects that are still measured, each with all its metrics."""
    if not readings:
        return ()
    newest = max(utc(r.at) for r in readings)
    series = [s for m in metrics(readings) for s in m.series if newest - utc(s.at) <= FRESH]
    ordered = sorted(series, key=lambda s: s.subject)
    return tuple((k, tuple(members)) for k, members in groupby(ordered, key=lambda s: s.subject))


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Errors before warnings before the rest."""
    return sorted(findings, key=lambda f: SEVERITY.get(f.severity, len(SEVERITY)))


def _environment(newest_first: Sequence[Deployment], now: datetime) -> EnvironmentView:
    views = [deployment_view(d, now) for d in newest_first]
    succeeded = (
        view
        for view, deployment in zip(views, newest_first, strict=True)
        if deployment.status is DeploymentStatus.SUCCEEDED
    )
    return EnvironmentView(
        name=newest_first[0].environment, serving=next(succeeded, None), latest=views[0]
    )


def _metric(metric: str, readings: Sequence[Reading], since: float, until: float) -> MetricView:
    finite = [r.value for r in readings if isfinite(r.value)]
    top = max([*finite, 1.0 if metric == "up" else 0.0])
    return MetricView(
        metric=metric,
        title=_title(metric),
        series=tuple(
            _series(list(members), since, until, top)
            for _, members in groupby(readings, key=lambda r: r.subject)
        ),
    )


def _series(readings: Sequence[Reading], since: float, until: float, top: float) -> Series:
    last = readings[-1]
    finite = [r.value for r in readings if isfinite(r.value)]
    return Series(
        subject=last.subject,
        title=_title(last.metric),
        latest=_said(last.metric, last.value, last.unit),
        low=_said(last.metric, min(finite), last.unit) if finite else UNKNOWN,
        high=_said(last.metric, max(finite), last.unit) if finite else UNKNOWN,
        at=last.at,
        alarming=last.metric == "up" and last.value == 0,
        figure=sparkline(readings, since, until, top),
    )


def _said(metric: str, value: float, unit: str) -> str:
    if metric == "up" and value in {0, 1}:
        return "up" if value else "down"
    return amount(value, unit)


def _title(metric: str) -> str:
    return TITLES.get(metric, metric.replace("_", " ").capitalize())


def _rank(metric: str) -> int:
    known = list(TITLES)
    return known.index(metric) if metric in TITLES else len(known)
