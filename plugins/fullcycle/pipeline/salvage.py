"""What can still be read of a broken ledger, and of the runs' own records."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fullcycle.errors import UsageError
from fullcycle.model import Deployment, Finding, Run, StepRecord

from .codec import parse
from .entries import put_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TABLES: dict[str, tuple[Any, str, str, str]] = {
    "run": (Run, "id, chain, result, started, finished, host, pid, born, data", "data", "id"),
    "step": (StepRecord, "run, name, position, data", "data", "run, name"),
    "deployment": (Deployment, "id, environment, started, data", "data", "id, environment"),
    "reading": (
        dict[str, float],
        "rowid, environment, step, metric, unit, at, seconds, run, data",
        "data",
        "rowid",
    ),
    "review": (list[Finding], "rowid, run, at, findings", "findings", "rowid"),
}
"""Table → what its documents are, its columns since it has its name, the column of the
documents, the order it is stored in."""


def salvage(broken: Path, fresh: sqlite3.Connection, runs: Path) -> int:
    """Copy all that makes sense from a broken database, and what it lacks from the runs' folders.

    Returns:
        how many runs were saved.
    """
    with fresh:
        with suppress(sqlite3.Error), closing(_opened(broken)) as source:
            for table in _TABLES:
                _copy(table, source, fresh)
        fresh.execute(
            "UPDATE step SET result = json_extract(data, '$.result'), "
            "seconds = json_extract(data, '$.seconds')"
        )
        for run in _recorded(runs):
            _complete(fresh, run)
    saved: int = fresh.execute("SELECT count(*) FROM run").fetchone()[0]
    return saved


def _copy(table: str, source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    _, columns, _, _ = _TABLES[table]
    marks = ", ".join("?" * len(columns.split(", ")))
    insert = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 (names of ours)
    for row in _readable(table, source):
        with suppress(sqlite3.IntegrityError):
            target.execute(insert, row)


def _readable(table: str, source: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    """The rows before the damage, then those behind it; some may come twice."""
    kind, columns, document, order = _TABLES[table]
    place = columns.split(", ").index(document)
    for direction in ("ASC", "DESC"):
        keys = ", ".join(f"{key} {direction}" for key in order.split(", "))
        with suppress(sqlite3.Error):
            for row in source.execute(f"SELECT {columns} FROM {table} ORDER BY {keys}"):  # noqa: S608 (names of ours)
                with suppress(UsageError, TypeError):
                    parse(kind, row[place], table)
                    yield row


def _recorded(runs: Path) -> Iterator[Run]:
    """The runs that left a record in their folder when they ended."""
    for path in sorted(runs.glob("*/run.json")):
        with suppress(UsageError, OSError):
            yield parse(Run, path.read_bytes(), path)


def _complete(fresh: sqlite3.Connection, run: Run) -> None:
    """Add a run, or the steps it lacks."""
    rows = fresh.execute("SELECT name FROM step WHERE run = ?", (run.id,))
    there = {name for (name,) in rows}
    missing = tuple(step for step in run.steps if step.name not in there)
    if missing or not fresh.execute("SELECT 1 FROM run WHERE id = ?", (run.id,)).fetchone():
        put_run(fresh, replace(run, steps=missing), 0, 0.0)


def _opened(broken: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(broken))}?mode=ro", uri=True)
