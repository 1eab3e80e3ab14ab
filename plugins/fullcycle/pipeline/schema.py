"""The ledger's tables, and how each version becomes the next.

What is in a released version never changes: a database that stands there already would be another
one than it makes. A change is a further entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_FIRST = (
    """CREATE TABLE run (
        id TEXT PRIMARY KEY,
        chain TEXT NOT NULL,
        result TEXT NOT NULL,
        started REAL NOT NULL,
        finished REAL,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL,
        born REAL NOT NULL,
        data TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX run_started ON run (started)",
    "CREATE INDEX run_chain ON run (chain, started)",
    """CREATE TABLE step (
        run TEXT NOT NULL,
        name TEXT NOT NULL,
        position INTEGER NOT NULL,
        data TEXT NOT NULL,
        PRIMARY KEY (run, name)
    ) WITHOUT ROWID""",
    """CREATE TABLE deployment (
        id TEXT NOT NULL,
        environment TEXT NOT NULL,
        started REAL NOT NULL,
        data TEXT NOT NULL,
        PRIMARY KEY (id, environment)
    ) WITHOUT ROWID""",
    "CREATE INDEX deployment_started ON deployment (started)",
    "CREATE TABLE reading (run TEXT NOT NULL, at REAL NOT NULL, data TEXT NOT NULL)",
    "CREATE INDEX reading_at ON reading (at)",
    "CREATE TABLE review (run TEXT NOT NULL, at REAL NOT NULL, findings TEXT NOT NULL)",
)

_STEPS_BY_DURATION = (
    "ALTER TABLE step ADD COLUMN result TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE step ADD COLUMN seconds REAL NOT NULL DEFAULT 0",
    """UPDATE step SET
        result = coalesce(json_extract(data, '$.result'), ''),
        seconds = coalesce(json_extract(data, '$.seconds'), 0)
        WHERE json_valid(data)""",
    "CREATE INDEX step_lately ON step (name, result, run, seconds)",
)

_READINGS_BY_METRIC = (
    """CREATE TABLE frame (
        environment TEXT NOT NULL,
        step INTEGER NOT NULL,
        metric TEXT NOT NULL,
        unit TEXT NOT NULL,
        at REAL NOT NULL,
        seconds REAL NOT NULL,
        run TEXT NOT NULL,
        data TEXT NOT NULL
    )""",
    """INSERT INTO frame SELECT
        '', 0, json_extract(data, '$.metric'), json_extract(data, '$.unit'), at, 0, run,
        json_group_object(json_extract(data, '$.subject'), json_extract(data, '$.value'))
        FROM reading WHERE json_valid(data) AND json_type(data, '$.value') IN ('real', 'integer')
        GROUP BY at, 3, 4, run ORDER BY at""",
    "DROP TABLE reading",
    "ALTER TABLE frame RENAME TO reading",
    "CREATE INDEX reading_at ON reading (environment, step, at, metric)",
    """CREATE TABLE alert (
        environment TEXT NOT NULL,
        name TEXT NOT NULL,
        opened REAL NOT NULL,
        resolved REAL,
        data TEXT NOT NULL
    )""",
    "CREATE UNIQUE INDEX alert_open ON alert (environment, name) WHERE resolved IS NULL",
    "CREATE INDEX alert_opened ON alert (environment, opened)",
)

CHANGES = (_FIRST, _STEPS_BY_DURATION, _READINGS_BY_METRIC)
"""What makes version 1 of nothing, version 2 of 1, …"""
VERSION = len(CHANGES)


def version(db: sqlite3.Connection) -> int:
    """The version of a database; 0 when it is new."""
    found: int = db.execute("PRAGMA user_version").fetchone()[0]
    return found


def migrate(db: sqlite3.Connection) -> None:
    """Bring a database to VERSION, as one transaction: it is the old one or the new one.

    Does nothing when another process has done so meanwhile.
    """
    with db:
        db.execute("BEGIN IMMEDIATE")
        for change in CHANGES[version(db) :]:
            for statement in change:
                db.execute(statement)
        if version(db) < VERSION:
            db.execute(f"PRAGMA user_version = {VERSION}")
