"""How things stand, as it is shown: replicas, error budgets, alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.model import ReplicaState
from fullcycle.web.states import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from fullcycle.model import Alert
    from fullcycle.observe.slo import Standing

REPLICAS: Mapping[ReplicaState, State] = {
    ReplicaState.STARTING: State("live", "running", "starting"),
    ReplicaState.HEALTHY: State("ok", "success", "healthy"),
    ReplicaState.UNHEALTHY: State("bad", "alert", "unhealthy"),
    ReplicaState.DRAINING: State("warn", "back", "draining"),
    ReplicaState.CRASHED: State("bad", "failure", "crashed"),
    ReplicaState.STOPPED: State("quiet", "stopped", "stopped"),
}
COLUMNS = {
    "cpu_ratio": "CPU",
    "memory_bytes": "Memory",
    "requests_per_second": "Requests/s",
    "error_ratio": "Errors",
    "restarts_total": "Restarts",
    "uptime_seconds": "Uptime",
}
"""What is told of every replica, where it is measured."""
LITTLE = 0.25
"""Below this share of its budget an objective is marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """An objective as it is shown."""

    name: str
    wanted: str
    attained: str
    left: str
    bar: float
    """The budget left, in percent of all; none below 0."""
    state: State
    burns: tuple[tuple[str, str, str, bool], ...]
    """Window, burn rate, what it may be, and whether it is more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """An alert as it is shown."""

    title: str
    state: State
    severity: str
    opened: datetime
    resolved: datetime | None
    details: tuple[tuple[str, str], ...]


def budget(standing: Standing) -> Budget:
    """How an objective stands."""
    objective = standing.objective
    good = (
        "answered"
        if objective.threshold_seconds is None
        else (f"answered within {objective.threshold_seconds:g} s")
    )
    return Budget(
        name=objective.name,
        wanted=f"{objective.target:.3%} {good}, over {objective.window_days:g} days",
        attained="–" if standing.attained is None else f"{standing.attained:.3%}",
        left=f"{standing.budget_left:.1%}",
        bar=round(min(max(standing.budget_left, 0.0), 1.0) * 100, 1),
        state=_state(standing),
        burns=tuple(
            (burn.name, f"{burn.long_rate:.2f}", f"{burn.threshold:.3g}", burn.firing)
            for burn in standing.burns
        ),
    )


def alert_view(alert: Alert) -> AlertView:
    """An alert as it is shown."""
    bad = (
        State("bad", "alert", "open")
        if alert.severity == "page"
        else State("warn", "alert", "open")
    )
    return AlertView(
        title=alert.title,
        state=State("ok", "success", "resolved") if alert.resolved else bad,
        severity=alert.severity,
        opened=alert.opened,
        resolved=alert.resolved,
        details=tuple(alert.what.items()),
    )


def _state(standing: Standing) -> State:
    if standing.attained is None:
        return State("quiet", "pending", "no data yet")
    if standing.budget_left <= 0:
        return State("bad", "failure", "missed")
    if standing.firing:
        return State("bad", "alert", "burns too fast")
    if standing.budget_left < LITTLE:
        return State("warn", "alert", "little left")
    return State("ok", "success", "met")
