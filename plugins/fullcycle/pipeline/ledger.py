"""The ledger: every run, deployment, reading and finding of a project, on this machine."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, cast

from fullcycle.model import Deployment, Finding, Result, Run, StepRecord

from . import alarms, leftovers
from .codec import dump, parse
from .entries import put_run, put_steps
from .folder import NAME, state_folder
from .identity import born, same
from .readings import MOST, Frame, Wanted, environments, find, frames, put, roll_up
from .retention import KEEP, forget, remove_folders
from .store import Store

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from fullcycle.model import Alert, Reading

FOREIGN_SECONDS = 24 * 3600.0
"""After how long a run of another machine that never ended counts as interrupted."""
INTERRUPTED = "its process ended without finishing the run (killed, or the machine went down)"


class Ledger:
    """`.fullcycle/ledger.sqlite` of a project.

    Several runs, threads and processes may use it at the same time. Reading what was never
    written creates nothing. Every method raises UsageError, in one line, when the file cannot be
    read or written.
    """

    def __init__(self, root: Path, keep: int = KEEP) -> None:
        self.root = root
        self._keep = keep
        self._store = Store(root)
        self._notes: list[str] = []

    @property
    def notes(self) -> Sequence[str]:
        """What the user should know: the ledger was broken, a killed run left something."""
        return (*self._store.notes, *self._notes)

    @property
    def path(self) -> Path:
        """Its file."""
        return self._store.path

    def count(self) -> int:
        """How many runs are in it."""
        rows = self._store.read("SELECT count(*) FROM run")
        return cast("int", rows[0][0]) if rows else 0

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._store.close()

    def folder(self, run_id: str) -> Path:
        """Where a run keeps its logs: `.fullcycle/runs/<id>/`, made when it is missing."""
        return state_folder(self.root, "runs", run_id)

    def begin(self, run: Run) -> None:
        """Record a run that starts now, in this process; names those that died before."""
        for dead in self.interrupted():
            self._bury(dead)
        birth = born(os.getpid())
        self._store.write(lambda db: put_run(db, run, os.getpid(), birth))

    def step(self, run_id: str, *records: StepRecord) -> None:
        """Add or update steps of a run, in one change."""
        self._store.write(lambda db: put_steps(db, run_id, records))

    def finish(self, run: Run) -> None:
        """Record how a run ended, with all its steps."""
        self._store.write(lambda db: put_run(db, run, os.getpid(), 0.0))

    def runs(self, limit: int = 50, chain: str | None = None) -> list[Run]:
        """The last runs, newest first, with their steps."""
        rows = self._store.read(
            "SELECT id, data FROM run WHERE ? IS NULL OR chain = ? "
            "ORDER BY started DESC, id DESC LIMIT ?",
            (chain, chain, limit),
        )
        return [self._whole(row) for row in rows]

    def run(self, run_id: str) -> Run | None:
        """The run of that id, or the newest one for `last`."""
        if run_id == "last":
            return next(iter(self.runs(limit=1)), None)
        rows = self._store.read("SELECT id, data FROM run WHERE id = ?", (run_id,))
        return self._whole(rows[0]) if rows else None

    def interrupted(self) -> list[Run]:
        """Runs that never ended and whose process is gone, newest first."""
        rows = self._store.read(
            "SELECT id, data, host, pid, born, started FROM run WHERE finished IS NULL "
            "ORDER BY started DESC"
        )
        return [self._whole(row) for row in rows if not _alive(*row[2:])]

    def expected_seconds(self, chain: str) -> float | None:
        """Median duration of the last 10 successful runs of a chain; None before the first."""
        rows = self._store.read(
            "SELECT finished - started FROM run WHERE chain = ? AND result = ? "
            "AND finished IS NOT NULL ORDER BY started DESC LIMIT 10",
            (chain, Result.SUCCESS.value),
        )
        return median(cast("float", row[0]) for row in rows) if rows else None

    def durations(self, names: Collection[str]) -> dict[str, float]:
        """Seconds that steps usually take: medians of the last 10 successes, by name."""
        rows = self._store.read(
            "SELECT name, seconds FROM (SELECT name, seconds, row_number() OVER "
            "(PARTITION BY name ORDER BY run DESC) AS place FROM step "
            "WHERE result = ? AND name IN (SELECT value FROM json_each(?))) WHERE place <= 10",
            (Result.SUCCESS.value, json.dumps(list(names))),
        )
        found: dict[str, list[float]] = {}
        for name, seconds in rows:
            found.setdefault(_text(name), []).append(cast("float", seconds))
        return {name: median(each) for name, each in found.items()}

    def prune(self) -> None:
        """Forget all but the newest runs, with their folders; see `retention.forget`."""
        gone = self._store.write(lambda db: forget(db, self._keep))
        known = {_text(row[0]) for row in self._store.read("SELECT id FROM run")}
        remove_folders(self.root / NAME / "runs", gone, known, self._keep)

    def record_deployment(self, deployment: Deployment) -> None:
        """Add or update a deployment."""
        row = (
            deployment.id,
            deployment.environment,
            deployment.started.timestamp(),
            dump(deployment),
        )
        self._store.write(
            lambda db: db.execute("INSERT OR REPLACE INTO deployment VALUES (?, ?, ?, ?)", row)
        )

    def deployments(self, limit: int = 100, environment: str | None = None) -> list[Deployment]:
        """The last deployments made from here, newest first."""
        rows = self._store.read(
            "SELECT id, data FROM deployment WHERE ? IS NULL OR environment = ? "
            "ORDER BY started DESC, id DESC LIMIT ?",
            (environment, environment, limit),
        )
        return [parse(Deployment, _text(row[1]), self._where("deployment", row[0])) for row in rows]

    def record_readings(
        self, run_id: str, readings: Sequence[Reading], environment: str = ""
    ) -> None:
        """Add what was measured of an environment; what is old becomes coarser, or is forgotten.

        Args:
            run_id: the run that measured it, if any.
            readings: of about the same time.
            environment: its name.
        """
        if not readings:
            return
        newest = min(time.time(), max(reading.at.timestamp() for reading in readings))

        def add(db: sqlite3.Connection) -> None:
            put(db, run_id, environment, readings)
            roll_up(db, environment, newest)

        self._store.write(add)

    def readings(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        environment: str | None = None,
        metrics: Sequence[str] = (),
        step: int = 0,
        limit: int = MOST,
    ) -> list[Reading]:
        """The newest readings, at most `limit`, in the order they were measured.

        As fine as they are kept: as measured for the last hours, then averages over 5 minutes,
        then over hours, each at the begin of its time (see `readings.LEVELS`).

        Args:
            since: none that are older.
            until: only older ones.
            environment: of this one; of all without.
            metrics: only these; all without.
            step: seconds that a reading should be the average of, where time enough has passed:
                300 or 3600 for long times. Averages carry the `seconds` they are about.
            limit: how many.
        """
        wanted = Wanted(
            since=since,
            until=until,
            environment=environment,
            metrics=metrics,
            step=step,
            limit=limit,
        )
        return find(self._store, wanted)

    def measured(self) -> list[str]:
        """The environments that readings are of, by name."""
        return sorted(filter(None, environments(self._store)))

    def frames(
        self, environment: str, since: datetime, *, metrics: Sequence[str] = (), step: int = 0
    ) -> list[Frame]:
        """What `readings` gives, with all subjects of a metric and time in one: for charts.

        Args:
            environment: its name.
            since: none that are older.
            metrics: only these; all without.
            step: see `readings`.
        """
        wanted = Wanted(since=since, environment=environment, metrics=metrics, step=step)
        return frames(self._store, wanted)

    def open_alert(self, alert: Alert) -> bool:
        """Record that something is wrong; False when that is known already."""
        return alarms.begin(self._store, alert)

    def resolve_alert(self, environment: str, name: str, at: datetime) -> Alert | None:
        """Record that it is over; what it was, or None when nobody knew of it."""
        return alarms.end(self._store, environment, name, at)

    def alerts(
        self, environment: str | None = None, *, only_open: bool = False, limit: int = 100
    ) -> list[Alert]:
        """The last alerts, newest first."""
        return alarms.find(self._store, environment, only_open=only_open, limit=limit)

    def record_findings(self, run_id: str, findings: Sequence[Finding]) -> None:
        """Record what a review found, even when that is nothing."""
        row = (run_id, time.time(), dump(list(findings)))
        self._store.write(lambda db: db.execute("INSERT INTO review VALUES (?, ?, ?)", row))

    def findings(self) -> list[Finding]:
        """What the last review found."""
        rows = self._store.read(
            "SELECT rowid, findings FROM review ORDER BY at DESC, rowid DESC LIMIT 1"
        )
        where = self._where("review", rows[0][0]) if rows else ""
        return parse(list[Finding], _text(rows[0][1]), where) if rows else []

    def _bury(self, dead: Run) -> None:
        """End what a run that died has left behind, and note how it ended."""
        left = leftovers.find(self.root / NAME / "runs" / dead.id)
        leftovers.end(left)
        self._notes += [
            f"run {dead.id} was killed while {step} ran: ended what was left of it (process {pid})"
            for step, pid in left
        ]
        self.finish(_cancelled(dead))

    def _whole(self, row: tuple[object, ...]) -> Run:
        run = parse(Run, _text(row[1]), self._where("run", row[0]))
        rows = self._store.read(
            "SELECT name, data FROM step WHERE run = ? ORDER BY position", (run.id,)
        )
        steps = tuple(
            parse(StepRecord, _text(data), self._where("step", name)) for name, data in rows
        )
        return replace(run, steps=steps)

    def _where(self, table: str, key: object) -> str:
        return f"{self.root / NAME / 'ledger.sqlite'} ({table} {key})"


def _cancelled(run: Run) -> Run:
    """An interrupted run as it will stay in the books; it ended when its last step was heard of."""
    heard = [at for s in run.steps for at in (s.started, s.finished) if at is not None]
    return replace(
        run,
        result=Result.CANCELLATION,
        finished=max(heard, default=run.started),
        reason=INTERRUPTED,
        steps=tuple(
            replace(step, result=Result.CANCELLATION, reason=INTERRUPTED)
            if step.result in {Result.PENDING, Result.RUNNING}
            else step
            for step in run.steps
        ),
    )


def _alive(host: object, pid: object, born: object, started: object) -> bool:
    if host != socket.gethostname():
        return datetime.now(UTC).timestamp() - cast("float", started) < FOREIGN_SECONDS
    return same(cast("int", pid), cast("float", born))


def _text(value: object) -> str:
    return cast("str", value)
