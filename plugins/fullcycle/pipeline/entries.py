"""How runs and steps stand in the ledger's tables."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

from .codec import dump

if TYPE_CHECKING:
    import sqlite3

    from fullcycle.model import Run, StepRecord


def put_run(db: sqlite3.Connection, run: Run, pid: int, born: float) -> None:
    """Add or update a run with its steps; who carries it out is noted the first time only."""
    finished = run.finished.timestamp() if run.finished else None
    db.execute(
        "INSERT INTO run (id, chain, result, started, finished, host, pid, born, data) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "result = excluded.result, finished = excluded.finished, data = excluded.data",
        (
            run.id,
            run.chain,
            run.result.value,
            run.started.timestamp(),
            finished,
            socket.gethostname(),
            pid,
            born,
            dump(replace(run, steps=())),
        ),
    )
    put_steps(db, run.id, run.steps)


def put_steps(db: sqlite3.Connection, run_id: str, records: tuple[StepRecord, ...]) -> None:
    """Add or update steps of a run; new ones come after those that are there."""
    db.executemany(
        "INSERT INTO step (run, name, position, data, result, seconds) "
        "VALUES (:run, :name, (SELECT count(*) FROM step WHERE run = :run), "
        ":data, :result, :seconds) "
        "ON CONFLICT (run, name) DO UPDATE SET data = excluded.data, "
        "result = excluded.result, seconds = excluded.seconds",
        [
            {
                "run": run_id,
                "name": each.name,
                "data": dump(each),
                "result": each.result.value,
                "seconds": each.seconds,
            }
            for each in records
        ],
    )
