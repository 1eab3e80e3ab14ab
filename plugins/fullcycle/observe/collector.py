"""The collector: measures an environment round by round, and keeps what it found."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.model import BUCKET

from .alerts import SLO, THRESHOLD, breached, burning, open_alerts, update
from .collect import measure
from .derive import Round
from .measured import reading
from .objectives import judged, objectives
from .previous import Previous
from .slo import METRICS, standings
from .thresholds import breaches

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from fullcycle.model import Alert, Reading
    from fullcycle.project import Project

    from .slo import Standing
    from .thresholds import Breach

EVERY = 15.0
"""Seconds between two rounds: the interval of Kubernetes' autoscaler and of many Prometheus."""
COLLECTOR = "collector"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one round found."""

    app: str
    environment: str
    at: datetime
    readings: tuple[Reading, ...]
    breaches: tuple[Breach, ...]
    """Thresholds that are breached."""
    objectives: tuple[Standing, ...]
    """How the SLOs stand."""
    alerts: tuple[Alert, ...]
    """Those that are open."""
    notes: tuple[str, ...]
    """What went wrong with the measuring itself."""


class Collector:
    """Measures one environment. Not for several threads at once."""

    def __init__(self, project: Project, every: float = EVERY) -> None:
        self.project = project
        self.every = every
        self.trouble: FullcycleError | OSError | None = None
        """Why the last round could not measure everything."""
        self.notes: list[str] = []
        """What went wrong in the last round."""
        self.standings: list[Standing] = []
        """How the SLOs stood after the last round."""
        self._previous = Previous(project)
        self._objectives = objectives(project)
        self._streaks: Counter[str] = Counter()
        """Breach → rounds in a row."""

    def round(self) -> list[Reading]:
        """Measure once, derive rates, record all of it, open and resolve alerts.

        Never raises for what is wrong with the platform or the records: then `collector_up` is 0,
        and `trouble` says why.
        """
        return list(self.observe().readings)

    def observe(self) -> Observation:
        """A round, with what it means."""
        self.trouble, self.notes = None, []
        now = datetime.now(UTC)
        readings: list[Reading] = []
        found: list[Breach] = []
        alerts: list[Alert] = []
        try:
            readings = self._measured(now)
            self._record(readings)
            found = self._breached(readings)
            self.standings = standing(self.project, now)
            alerts = self._alert(found, now)
        except (FullcycleError, OSError) as error:
            self._troubled(error)
        up = reading("collector_up", self.trouble is None, "count", COLLECTOR, now)
        return Observation(
            app=self.project.name,
            environment=self.project.environment_name,
            at=now,
            readings=(*readings, up),
            breaches=tuple(found),
            objectives=tuple(self.standings),
            alerts=tuple(alerts),
            notes=tuple(self.notes),
        )

    def forever(self, stop: threading.Event) -> None:
        """A round every so many seconds, until somebody says stop."""
        while not stop.is_set():
            began = time.monotonic()
            self.round()
            stop.wait(max(0.0, self.every - (time.monotonic() - began)))

    def _measured(self, now: datetime) -> list[Reading]:
        measured = measure(self.project, self._troubled)
        if self.trouble is not None:
            return measured
        between = self._previous.until(Round.of(measured, now))
        derived = between.readings() if between else []
        return [*measured, *derived, *judged(self._objectives, between, measured, self.every)]

    def _record(self, readings: Sequence[Reading]) -> None:
        """Histograms are left out: their percentiles are among what is derived."""
        kept = [each for each in readings if not each.metric.startswith(BUCKET)]
        self.project.ledger.record_readings("", kept, self.project.environment_name)

    def _breached(self, readings: Sequence[Reading]) -> list[Breach]:
        monitor = self.project.settings.monitor
        return breaches(readings, monitor.thresholds, monitor.endpoints)

    def _alert(self, found: Sequence[Breach], now: datetime) -> list[Alert]:
        """Open and resolve what is to be; those that are open then."""
        self._streaks = Counter({each.name: self._streaks[each.name] + 1 for each in found})
        ledger, environment = self.project.ledger, self.project.environment_name
        known = {each.name for each in open_alerts(ledger, environment)}
        after = self.project.settings.monitor.alert_after
        lasting = [
            trouble
            for trouble in map(breached, found)
            if trouble.name in known or self._streaks[trouble.what["breach"]] >= after
        ]
        for kind, troubles in ((SLO, burning(self.standings)), (THRESHOLD, lasting)):
            self.notes += update(self.project, kind, troubles, now)
        return open_alerts(ledger, environment)

    def _troubled(self, error: FullcycleError | OSError) -> None:
        self.trouble = error
        self.notes.append(str(error))


def standing(project: Project, now: datetime) -> list[Standing]:
    """How the objectives of a project's environment stand, by what is recorded."""
    wanted = objectives(project)
    if not wanted:
        return []
    readings = project.ledger.readings(
        since=now - timedelta(days=max(each.window_days for each in wanted)),
        environment=project.environment_name,
        metrics=METRICS,
    )
    return standings(wanted, readings, now)
