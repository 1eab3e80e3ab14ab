"""Picture: what is known of an environment at one moment, to be exported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fullcycle.observe.alerts import open_alerts
from fullcycle.words import utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from fullcycle.model import Alert, Deployment, Reading, Replica, Status
    from fullcycle.observe.slo import Standing
    from fullcycle.pipeline.ledger import Ledger

FRESH = timedelta(minutes=5)
"""An older reading says nothing about now: Prometheus itself forgets a value after that."""
ROUND = timedelta(seconds=30)
"""What was measured this long before the newest reading is gone: two rounds of the collector."""
MOST_DEPLOYMENTS = 2000
MOST_SUBJECTS = 2000
"""So many replicas and endpoints are exported at most: every one is a series for each metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An environment at one moment."""

    environment: str
    readings: Sequence[Reading] = ()
    """The latest of every metric of every subject."""
    measured: datetime | None = None
    """When something was measured last, even if that is long ago."""
    deployments: Sequence[Deployment] = ()
    """Newest first."""
    replicas: Sequence[Replica] = ()
    """What the platform says; none where it was not asked."""
    standings: Sequence[Standing] = ()
    """How the objectives stand."""
    alerts: Sequence[Alert] = ()
    """What is wrong as far as is known."""
    desired: int | None = None
    """How many there should be; None where the platform was not asked."""


def take(
    ledger: Ledger,
    environment: str,
    now: datetime,
    status: Status | None = None,
    standings: Sequence[Standing] = (),
) -> Picture:
    """An environment now.

    Args:
        ledger: what was measured and deployed.
        environment: its name.
        now: the time.
        status: what its platform says, where it was asked.
        standings: of its objectives.
    """
    stored = ledger.readings(since=utc(now) - FRESH, environment=environment)
    last = ledger.readings(environment=environment, limit=1)
    return Picture(
        environment=environment,
        readings=latest(stored, now),
        measured=last[-1].at if last else None,
        deployments=ledger.deployments(MOST_DEPLOYMENTS, environment),
        replicas=status.replicas if status else (),
        desired=status.desired if status else None,
        standings=standings,
        alerts=open_alerts(ledger, environment),
    )


def latest(readings: Iterable[Reading], now: datetime) -> list[Reading]:
    """The newest reading of every metric of all subjects that the last rounds found."""
    ordered = sorted(readings, key=lambda r: utc(r.at))
    if not ordered or utc(now) - utc(ordered[-1].at) > FRESH:
        return []
    start = utc(ordered[-1].at) - ROUND
    newest = {(r.metric, r.subject): r for r in ordered if utc(r.at) >= start}
    subjects = set(sorted({subject for _, subject in newest})[:MOST_SUBJECTS])
    return [newest[key] for key in sorted(newest) if key[1] in subjects]
