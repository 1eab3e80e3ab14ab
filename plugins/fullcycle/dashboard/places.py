"""The pages about environments: what runs there, how it does, and what it writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fullcycle.errors import FullcycleError
from fullcycle.export.exposition import KIND as METRICS
from fullcycle.export.exposition import render
from fullcycle.export.families import families
from fullcycle.model import WEB
from fullcycle.web.logs import plain

from . import charts, standing
from .render import Body, page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fullcycle.export.picture import Picture
    from fullcycle.model import LogLine, Replica

    from .platforms import Platforms, Seen
    from .source import Source

RUNS = 200
"""So many are looked through for the last one of every chain."""
DECISIONS = 50
ALERTS = 50
SINCE = {"15m": 15, "1h": 60, "24h": 24 * 60}
"""How far back logs are read, in minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which environment, and what of it."""

    environment: str = ""
    """The first that there is when empty, or unknown."""
    range: str = "1h"
    subject: str = ""
    text: str = ""
    """Only log lines with this text."""
    since: str = "15m"


class Places:
    """The environments of a project. Methods block; they may be called from any thread.

    They raise UsageError when the ledger cannot be read.
    """

    def __init__(self, source: Source, platforms: Platforms | None = None) -> None:
        self._source = source
        self._platforms = platforms

    @property
    def names(self) -> Sequence[str]:
        """The settings' environments; those that were deployed to where these are not known."""
        return self._platforms.names if self._platforms else self._source.environments()

    def readings(self, wanted: Wanted) -> Body:
        """Charts of what was measured."""
        now, name = datetime.now(UTC), self._name(wanted)
        span = charts.RANGES.get(wanted.range, charts.RANGES["1h"])
        frames = self._source.frames(name, now - span.length, span.step)
        shown = charts.sections(frames, now - span.length, now, wanted.subject)
        short = span.name != "7d"
        own: dict[str, Any] = {"span": span, "short": short, "subject": wanted.subject}
        return self._page("readings", name, shown=shown, **own)

    def replicas(self, wanted: Wanted) -> Body:
        """Every replica with what it uses, and what autoscaling decided."""
        now, name = datetime.now(UTC), self._name(wanted)
        frames = self._source.frames(name, now - timedelta(minutes=5), 0)
        measured = charts.newest(frames, "replica")
        seen = self._seen(name)
        return self._page(
            "replicas",
            name,
            seen=seen,
            measured=measured,
            rows=_replicas(seen, measured),
            columns=_columns(measured.values()),
            states=standing.REPLICAS,
            decisions=self._source.decisions(name, DECISIONS),
        )

    def objectives(self, wanted: Wanted) -> Body:
        """Objectives with their budgets, and alerts."""
        name = self._name(wanted)
        found = self._platforms.standings(name) if self._platforms else ()
        alerts = self._source.alerts(name, ALERTS)
        return self._page(
            "objectives",
            name,
            budgets=[standing.budget(each) for each in found],
            alerts=[standing.alert_view(each) for each in alerts],
            collected=self._platforms is not None,
        )

    def logs(self, wanted: Wanted) -> Body:
        """What the replicas write."""
        name = self._name(wanted)
        lines, trouble = self._lines(name, wanted)
        replicas = sorted({line.replica for line in lines} | {wanted.subject} - {""})
        return self._page(
            "logs",
            name,
            busy=True,
            lines=lines,
            trouble=trouble,
            replicas=replicas,
            wanted=wanted,
            times=SINCE,
            runs=self._source.runs(10),
        )

    def metrics(self) -> Body:
        """Everything for Prometheus."""
        now = datetime.now(UTC)
        found = families([self._picture(name, now) for name in self.names], self._source.runs(RUNS))
        return Body.of(render(found, {"app": self._source.name}), METRICS)

    def _picture(self, name: str, now: datetime) -> Picture:
        if self._platforms is None:
            return self._source.picture(name, now)
        status, standings = self._platforms.seen(name).status, self._platforms.standings(name)
        return self._source.picture(name, now, status, standings)

    def _lines(self, name: str, wanted: Wanted) -> tuple[list[LogLine], str]:
        if self._platforms is None or not name:
            return [], "This dashboard only reads records: it reaches no platform."
        minutes = SINCE.get(wanted.since, SINCE["15m"])
        try:
            return self._platforms.logs(name, wanted.subject, wanted.text, minutes), ""
        except (FullcycleError, OSError) as error:
            return [], str(error)

    def _seen(self, name: str) -> Seen | None:
        return self._platforms.seen(name) if self._platforms and name else None

    def _name(self, wanted: Wanted) -> str:
        names = self.names
        return wanted.environment if wanted.environment in names else next(iter(names), "")

    def _page(self, template: str, name: str, *, busy: bool = False, **values: Any) -> Body:
        notes = self._platforms.notes(name) if self._platforms and name else ()
        return page(
            template,
            busy=busy,
            project=self._source.name,
            environment=name,
            environments=self.names,
            notes=notes,
            plain=plain,
            **values,
        )


def _columns(measured: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Metrics that any replica has, and what they are called."""
    there = {metric for values in measured for metric in values}
    return {metric: name for metric, name in standing.COLUMNS.items() if metric in there}


def _replicas(
    seen: Seen | None, measured: Mapping[str, object]
) -> list[tuple[str, Replica | None]]:
    """By process and id; those that are only known from readings, where no platform was asked."""
    if seen and seen.status:
        ordered = sorted(seen.status.replicas, key=lambda r: (r.process != WEB, r.process, r.id))
        return [(replica.id, replica) for replica in ordered]
    return [(name, None) for name in sorted(measured)]
