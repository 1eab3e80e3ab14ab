"""The pages and the JSON of a project, made from its ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fullcycle.pipeline.codec import dump
from fullcycle.web.runs import state_of
from fullcycle.web.states import SEVERITIES

from . import charts, fleet, pages, standing
from .render import HARMLESS, HTML, JSON, Body, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Deployment, Run

    from .places import Places
    from .source import Source

RUNS = 25
"""Runs on the overview."""
DEPLOYMENTS = 8
"""Deployments on the overview; its health line looks at all of MOST."""
MOST = 200
"""Deployments on their own page, and of any list at most."""
READINGS = 5000
HOUR = timedelta(hours=1)
LOG_LINES = 2000
CAUSE_LINES = 12


class MissingError(LookupError):
    """There is no such page; says what there isn't."""


class Site:
    """Everything that can be looked at. Methods block; they may be called from any thread.

    They raise UsageError when the ledger cannot be read, and MissingError.
    """

    def __init__(self, source: Source, places: Places) -> None:
        self._source = source
        self._places = places

    def overview(self) -> Body:
        """What runs where, the latest of everything."""
        now = datetime.now(UTC)
        runs, deployments = self._source.runs(RUNS), self._source.deployments(MOST)
        dead = self._source.dead(runs)
        rows = [pages.run_view(run, now, dead) for run in runs]
        return page(
            "overview",
            busy=pages.anything_runs(rows),
            project=self._source.name,
            environments=fleet.environments(deployments, now),
            runs=rows,
            deployments=[fleet.deployment_view(d, now) for d in deployments[:DEPLOYMENTS]],
            lately=self._lately(now),
            alerts=[standing.alert_view(each) for each in self._source.open_alerts()],
            findings=fleet.by_severity(self._source.findings()),
            severities=SEVERITIES,
        )

    def run(self, run_id: str) -> Body:
        """One run."""
        run = self._run(run_id)
        shown = pages.run_page(
            run,
            lambda step: self._tail(run, step.name),
            datetime.now(UTC),
            self._source.dead([run]),
        )
        return page(
            "run",
            busy=shown.run.live,
            project=self._source.name,
            shown=shown,
            reported=self._source.report(run) is not None,
        )

    def report(self, run_id: str) -> Body:
        """The report that a run left behind: it may look as it likes, but do nothing."""
        run = self._run(run_id)
        path = self._source.report(run)
        if path is None:
            raise MissingError(f"run {run.id} has left no report")
        return replace(Body.of(path.read_text(encoding="utf-8"), HTML), policy=HARMLESS)

    def log(self, run_id: str, step: str) -> Body:
        """The log of a step."""
        run = self._run(run_id)
        record = next((s for s in run.steps if s.name == step), None)
        if record is None:
            raise MissingError(f"run {run.id} has no step {step!r}")
        state = state_of(record.result, gone=bool(self._source.dead([run])))
        return page(
            "log",
            busy=state.tone == "live",
            project=self._source.name,
            run=run,
            url=pages.run_url(run.id),
            step=record,
            state=state,
            log=self._source.log(run, step, LOG_LINES),
            lines=LOG_LINES,
        )

    def deployments(self) -> Body:
        """All deployments."""
        now = datetime.now(UTC)
        found = self._source.deployments(MOST)
        rows = [fleet.deployment_view(d, now) for d in found]
        busy = any(row.state.tone == "live" for row in rows[:1])
        return page("deployments", busy=busy, project=self._source.name, deployments=rows)

    def _lately(self, now: datetime) -> list[tuple[str, Sequence[charts.Section]]]:
        """What was measured in the last hour, by environment."""
        since = now - HOUR
        found = (
            (name, charts.sections(self._source.frames(name, since, 0), since, now))
            for name in self._places.names
        )
        return [(name, sections) for name, sections in found if sections]

    def api_runs(self, limit: int) -> Body:
        """The last runs, newest first."""
        return _json({"runs": self._source.runs(limit)})

    def api_run(self, run_id: str) -> Body:
        """One run."""
        return _json(self._run(run_id))

    def api_deployments(self, limit: int) -> Body:
        """The last deployments, newest first."""
        found = self._source.deployments(limit)
        return _json({"deployments": [_public(deployment) for deployment in found]})

    def api_readings(self, limit: int) -> Body:
        """The last readings, oldest first."""
        return _json({"readings": self._source.readings(limit)})

    def _run(self, run_id: str) -> Run:
        run = self._source.run(run_id)
        if run is None:
            raise MissingError(f"there is no run {run_id!r}")
        return run

    def _tail(self, run: Run, step: str) -> str:
        found = self._source.log(run, step, CAUSE_LINES)
        return found.text if found else ""


def _json(value: object) -> Body:
    return Body.of(dump(value), JSON)


def _public(deployment: Deployment) -> Deployment:
    """Without the values of environment variables: nobody promised that they may be seen."""
    env = dict.fromkeys(deployment.workload.env, "…")
    return replace(deployment, workload=replace(deployment.workload, env=env))
