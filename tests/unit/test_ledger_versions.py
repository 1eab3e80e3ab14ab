"""A ledger that an earlier fullcycle made, and one that a later one will."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import UsageError
from fullcycle.model import Result, Run, StepRecord
from fullcycle.pipeline import schema
from fullcycle.pipeline.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

FIRST_VERSION = """
import json, sqlite3, sys

db = sqlite3.connect(sys.argv[1])
db.execute("PRAGMA journal_mode = WAL")
db.executescript('''
CREATE TABLE run (id TEXT PRIMARY KEY, chain TEXT NOT NULL, result TEXT NOT NULL,
    started REAL NOT NULL, finished REAL, host TEXT NOT NULL, pid INTEGER NOT NULL,
    born REAL NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX run_started ON run (started);
CREATE INDEX run_chain ON run (chain, started);
CREATE TABLE step (run TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL,
    data TEXT NOT NULL, PRIMARY KEY (run, name)) WITHOUT ROWID;
CREATE TABLE deployment (id TEXT NOT NULL, environment TEXT NOT NULL, started REAL NOT NULL,
    data TEXT NOT NULL, PRIMARY KEY (id, environment)) WITHOUT ROWID;
CREATE INDEX deployment_started ON deployment (started);
CREATE TABLE reading (run TEXT NOT NULL, at REAL NOT NULL, data TEXT NOT NULL);
CREATE INDEX reading_at ON reading (at);
CREATE TABLE review (run TEXT NOT NULL, at REAL NOT NULL, findings TEXT NOT NULL);
PRAGMA user_version = 1;
''')
for number in range(3):
    started = 1_760_000_000 + number
    data = {"id": f"r{number}", "chain": "ci", "result": "success", "started": started,
            "finished": started + 60, "environment": "local", "by": "Åda@here"}
    db.execute("INSERT INTO run VALUES (?, 'ci', 'success', ?, ?, 'here', 1, 0.0, ?)",
               (f"r{number}", started, started + 60, json.dumps(data)))
    for place, name in enumerate(("build", "alpha")):
        step = {"name": name, "result": "success", "seconds": 10.0 * (place + 1) + number}
        db.execute("INSERT INTO step VALUES (?, ?, ?, ?)",
                   (f"r{number}", name, place, json.dumps(step)))
db.execute("INSERT INTO step VALUES ('r2', 'torn', 2, '{')")
db.execute("INSERT INTO reading VALUES ('r0', 4.0, '{')")
for subject in ("a", "b"):
    reading = {"metric": "up", "value": 1.0, "unit": "count", "subject": subject, "at": 5.0}
    db.execute("INSERT INTO reading VALUES ('r0', 5.0, ?)", (json.dumps(reading),))
db.execute("INSERT INTO review VALUES ('r0', 5.0, '[]')")
db.execute("INSERT INTO deployment VALUES ('d', 'local', 5.0, '{}')")
db.commit()
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database that version 1 wrote, in a process of its own."""
    path = tmp_path / ".fullcycle" / "ledger.sqlite"
    path.parent.mkdir()
    subprocess.run([sys.executable, "-c", FIRST_VERSION, str(path)], check=True)
    return path


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(path)
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


def test_a_ledger_of_the_first_version_is_upgraded_and_loses_nothing(
    old: Path, tmp_path: Path
) -> None:
    tables = ("run", "step", "deployment", "review")
    columns = {"step": "run, name, position, data"}
    select = {
        table: f"SELECT {columns.get(table, '*')} FROM {table}"  # noqa: S608 (names from here)
        for table in tables
    }
    before = {table: rows(old, query) for table, query in select.items()}
    ledger = Ledger(tmp_path)
    assert ledger.durations(["build", "alpha", "torn", "new"]) == {"build": 11.0, "alpha": 21.0}
    found = ledger.run("r1")
    assert found is not None
    assert [step.name for step in found.steps] == ["build", "alpha"]
    assert found.by == "Åda@here"
    assert [(r.metric, r.value, r.unit, r.subject) for r in ledger.readings()] == [
        ("up", 1.0, "count", "a"),
        ("up", 1.0, "count", "b"),
    ]
    ledger.close()
    assert {table: rows(old, query) for table, query in select.items()} == before
    assert rows(old, "PRAGMA user_version") == [(schema.VERSION,)]
    assert rows(old, "SELECT result, seconds FROM step WHERE name = 'torn'") == [("", 0.0)]


def test_an_upgraded_ledger_is_the_same_as_a_new_one(old: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    for root in (tmp_path, tmp_path / "other"):
        ledger = Ledger(root)
        now = datetime.now(UTC)
        ledger.begin(Run(id="new", chain="ci", result=Result.RUNNING, started=now))
        ledger.step("new", StepRecord(name="a", result=Result.SUCCESS, seconds=3.0))
        assert ledger.durations(["a"]) == {"a": 3.0}
        ledger.close()
    layout = "SELECT type, name, tbl_name FROM sqlite_master ORDER BY name"
    new = tmp_path / "other" / ".fullcycle" / "ledger.sqlite"
    assert rows(old, layout) == rows(new, layout)
    for table in ("run", "step", "deployment", "reading", "review", "alert"):
        described = f"PRAGMA table_info({table})"
        assert rows(old, described) == rows(new, described)


def test_an_upgrade_that_fails_half_way_changes_nothing(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(old, "SELECT sql FROM sqlite_master")
    broken = (*schema.CHANGES[1], "INSERT INTO nowhere VALUES (1)")
    monkeypatch.setattr(schema, "CHANGES", (schema.CHANGES[0], broken))
    with pytest.raises(UsageError, match="nowhere"):
        Ledger(tmp_path).runs()
    assert rows(old, "SELECT sql FROM sqlite_master") == before
    assert rows(old, "PRAGMA user_version") == [(1,)]
    monkeypatch.undo()
    ledger = Ledger(tmp_path)
    assert ledger.durations(["build"]) == {"build": 11.0}
    ledger.close()


@pytest.mark.usefixtures("old")
def test_many_who_upgrade_at_once_all_get_through(tmp_path: Path) -> None:
    together, found = threading.Barrier(8, timeout=30), list[dict[str, float]]()

    def use() -> None:
        ledger = Ledger(tmp_path)
        together.wait()
        found.append(ledger.durations(["build"]))
        ledger.close()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{"build": 11.0}] * 8


def test_each_version_makes_the_next(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "steps.sqlite", isolation_level=None)
    for number, change in enumerate(schema.CHANGES, 1):
        assert schema.version(db) == number - 1
        for statement in change:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")
    stepwise = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    db.close()
    db = sqlite3.connect(tmp_path / "whole.sqlite", isolation_level=None)
    schema.migrate(db)
    whole = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    db.close()
    assert whole == stepwise
