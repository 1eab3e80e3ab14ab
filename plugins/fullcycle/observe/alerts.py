"""Alerts: opened once, told to everybody who listens, and resolved when the trouble is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from fullcycle.model import Alert, Notice, NoticeKind

from .callout import when_alert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from fullcycle.pipeline.ledger import Ledger
    from fullcycle.project import Project

    from .slo import Burn, Standing
    from .thresholds import Breach


SLO, THRESHOLD = "slo ", "threshold "
"""How the names of alerts begin: what kind they are of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that is wrong now."""

    name: str
    """The same for the same trouble."""
    severity: Literal["page", "ticket"]
    title: str
    what: dict[str, str] = field(default_factory=dict)


def open_alerts(ledger: Ledger, environment: str) -> list[Alert]:
    """What is wrong in an environment as far as is known, the newest first."""
    return ledger.alerts(environment, only_open=True)


def burning(standings: Iterable[Standing]) -> list[Trouble]:
    """Error budgets that burn too fast: one trouble for each, by its most urgent window."""
    return [_burns(each, each.firing[0]) for each in standings if each.firing]


def breached(breach: Breach) -> Trouble:
    """A threshold that is breached."""
    return Trouble(
        name=THRESHOLD + breach.name,
        severity="ticket",
        title=breach.text,
        what={"breach": breach.name},
    )


def update(project: Project, kind: str, troubles: Sequence[Trouble], now: datetime) -> list[str]:
    """Open what is new, resolve what is over, and tell those who listen.

    Args:
        project: the environment is its.
        kind: how the names of these troubles begin; others are left alone.
        troubles: all of that kind that there are now.
        now: the time.

    Returns:
        what went wrong when telling of them, one line each.
    """
    ledger, environment = project.ledger, project.environment_name
    found = {trouble.name: trouble for trouble in troubles}
    known = {each.name for each in open_alerts(ledger, environment) if each.name.startswith(kind)}
    changed = []
    for name in known - found.keys():
        over = ledger.resolve_alert(environment, name, now)
        changed += [over] if over else []
    for name in found.keys() - known:
        alert = _alert(found[name], environment, now)
        changed += [alert] if ledger.open_alert(alert) else []
    return [problem for alert in changed for problem in _tell(project, alert)]


def announce(project: Project, alert: Alert) -> Sequence[str]:
    """Tell the people whom the settings name; what went wrong, one line each."""
    from fullcycle.notify import notify
    from fullcycle.project import actor

    over = alert.resolved is not None
    return notify(
        project,
        Notice(
            kind=NoticeKind.RESOLVED if over else NoticeKind.ALERT,
            app=project.name,
            environment=alert.environment,
            title=f"{'resolved: ' if over else ''}{alert.title}",
            who=actor(),
            what={"alert": alert.name, "severity": alert.severity, **alert.what},
            at=alert.resolved or alert.opened,
        ),
    )


LISTENERS: list[Callable[[Project, Alert], Sequence[str]]] = [announce, when_alert]
"""Who hears of every alert that is opened or resolved, in this order. They return what went wrong,
one line each; what one of them raises keeps nobody else from hearing."""


def _tell(project: Project, alert: Alert) -> Iterator[str]:
    for listener in LISTENERS:
        try:
            yield from listener(project, alert)
        except Exception as error:  # noqa: BLE001 (a listener must not end the collecting)
            yield f"telling of {alert.name}: {type(error).__name__}: {error}"


def _alert(trouble: Trouble, environment: str, now: datetime) -> Alert:
    return Alert(
        name=trouble.name,
        environment=environment,
        severity=trouble.severity,
        title=trouble.title,
        what=trouble.what,
        opened=now,
    )


def _burns(standing: Standing, burn: Burn) -> Trouble:
    objective = standing.objective
    return Trouble(
        name=SLO + objective.name,
        severity=burn.severity,
        title=(
            f"{objective.name}: the error budget burns {burn.long_rate:.1f} times too fast"
            f" (over {burn.name}, more than {burn.threshold:.1f} alerts)"
        ),
        what={
            "objective": f"{objective.target:.4%} {objective.kind}",
            "budget left": f"{standing.budget_left:.1%}",
        },
    )
