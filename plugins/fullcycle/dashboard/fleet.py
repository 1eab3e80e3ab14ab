"""What the overview shows of environments and deployments: pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.model import DeploymentStatus
from fullcycle.web.states import DEPLOYMENTS, State
from fullcycle.words import UNKNOWN, duration, utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from fullcycle.model import Deployment, Finding

SEVERITY = {"error": 0, "warning": 1}
TITLES = {
    "requests_per_second": "Requests per second",
    "error_ratio": "Errors",
    "response_p95_seconds": "Response time, 95 %",
    "response_p50_seconds": "Response time, 50 %",
    "response_p99_seconds": "Response time, 99 %",
    "up": "Up",
    "response_seconds": "Response time",
    "cpu_ratio": "CPU",
    "memory_bytes": "Memory",
    "memory_used_ratio": "Memory used",
    "disk_used_ratio": "Disk used",
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


def title(metric: str) -> str:
    """What a metric is called."""
    return TITLES.get(metric, metric.replace("_", " ").capitalize())


def rank(metric: str) -> int:
    """Its place among the best known metrics; all others come after them."""
    known = list(TITLES)
    return known.index(metric) if metric in TITLES else len(known)
