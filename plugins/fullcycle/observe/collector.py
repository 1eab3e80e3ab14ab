"""The collector: measures an environment round by round, and keeps what it found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.model import BUCKET, Reading

from .alerts import burning, update
from .collect import measure
from .derive import Round
from .objectives import judged, objectives
from .previous import Previous
from .slo import METRICS, standings

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from fullcycle.project import Project

    from .slo import Standing

EVERY = 15.0
"""Seconds between two rounds: the interval of Kubernetes' autoscaler and of many Prometheus."""
COLLECTOR = "collector"


class Collector:
    """Measures one environment. Not for several threads at once."""

    def __init__(self, project: Project, every: float = EVERY) -> None:
        self.project = project
        self.every = every
        self.notes: list[str] = []
        """What went wrong in the last round."""
        self.standings: list[Standing] = []
        """How the objectives stood after the last round."""
        self._previous = Previous(project)
        self._objectives = objectives(project)

    def round(self) -> list[Reading]:
        """Measure once, derive rates, record all of it, open and resolve alerts.

        Never raises for what is wrong with the platform or the records: then `collector_up` is 0,
        and `notes` say why.
        """
        self.notes = []
        now = datetime.now(UTC)
        try:
            readings = self._round(now)
        except (FullcycleError, OSError) as error:
            self.notes.append(str(error))
            readings = []
        up = Reading(
            metric="collector_up",
            value=float(not self.notes),
            unit="count",
            subject=COLLECTOR,
            at=now,
        )
        return [*readings, up]

    def forever(self, stop: threading.Event) -> None:
        """A round every so many seconds, until somebody says stop."""
        while not stop.is_set():
            began = datetime.now(UTC)
            self.round()
            took = (datetime.now(UTC) - began).total_seconds()
            stop.wait(max(0.0, self.every - took))

    def _round(self, now: datetime) -> list[Reading]:
        measured = measure(self.project, self.notes.append)
        current = Round.of(measured, now)
        between = self._previous.until(current)
        derived = between.readings() if between else []
        readings = [*measured, *derived, *judged(self._objectives, between, measured, self.every)]
        self._record(readings)
        self._alert(now)
        return readings

    def _record(self, readings: Sequence[Reading]) -> None:
        """Histograms are left out: their percentiles are among what is derived."""
        kept = [each for each in readings if not each.metric.startswith(BUCKET)]
        self.project.ledger.record_readings("", kept, self.project.environment_name)

    def _alert(self, now: datetime) -> None:
        if not self._objectives:
            return
        window = max(each.window_days for each in self._objectives)
        readings = self.project.ledger.readings(
            since=now - timedelta(days=window),
            environment=self.project.environment_name,
            metrics=METRICS,
        )
        self.standings = standings(self._objectives, readings, now)
        _, problems = update(self.project, "slo ", burning(self.standings), now)
        self.notes += problems
