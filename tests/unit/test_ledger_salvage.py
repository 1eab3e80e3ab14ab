"""A broken ledger: everything that can be read is saved."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fullcycle.model import Reading, Result, Run, StepRecord
from fullcycle.pipeline.codec import dump
from fullcycle.pipeline.ledger import Ledger
from fullcycle.pipeline.mounts import is_shared

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAGE = 4096


def a_run(number: int, size: int = 2000) -> Run:
    started = NOON + timedelta(minutes=number)
    step = StepRecord(name="a", result=Result.SUCCESS, seconds=1.0, summary="s" * size)
    return Run(
        id=f"r{number:04}",
        chain="ci",
        result=Result.SUCCESS,
        started=started,
        finished=started + timedelta(minutes=1),
        steps=(step, replace(step, name="b")),
    )


def fill(root: Path, count: int) -> Path:
    ledger = Ledger(root)
    for number in range(count):
        ledger.finish(a_run(number))
        at = NOON + timedelta(minutes=number)
        reading = Reading(metric="cpu", value=number, unit="%", subject="a", at=at)
        ledger.record_readings(f"r{number:04}", [reading])
    ledger.close()
    return root / ".fullcycle" / "ledger.sqlite"


def damage(path: Path, table: str) -> None:
    """Overwrite a leaf in the middle of a table."""
    db = sqlite3.connect(path)
    pages = [
        row[0]
        for row in db.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (table,)
        )
    ]
    db.close()
    content = bytearray(path.read_bytes())
    at = (pages[len(pages) // 2] - 1) * PAGE
    content[at : at + PAGE] = b"\xa5" * PAGE
    path.write_bytes(content)


def has_dbstat() -> bool:
    db = sqlite3.connect(":memory:")
    try:
        db.execute("SELECT 1 FROM dbstat")
    except sqlite3.OperationalError:
        return False
    finally:
        db.close()
    return True


@pytest.mark.skipif(not has_dbstat(), reason="this SQLite does not say where its pages are")
def test_rows_before_and_behind_the_damage_are_saved(tmp_path: Path) -> None:
    path = fill(tmp_path, 60)
    damage(path, "step")
    ledger = Ledger(tmp_path)
    runs = ledger.runs(limit=1000)
    assert len(runs) == 60
    whole = [run for run in runs if len(run.steps) == 2]
    assert 50 <= len(whole) < 60
    assert {run.id for run in whole} >= {"r0000", "r0059"}
    assert len(ledger.readings()) == 60
    assert ledger.durations(["a"]) == {"a": 1.0}
    (note,) = ledger.notes
    assert "60 runs were saved" in note
    assert list(path.parent.glob("ledger.corrupt-*.sqlite"))
    ledger.close()


def test_a_run_is_saved_from_its_own_record(tmp_path: Path) -> None:
    path = fill(tmp_path, 3)
    ledger = Ledger(tmp_path)
    for number in range(3):
        (ledger.folder(f"r{number:04}") / "run.json").write_text(dump(a_run(number)))
    (ledger.folder("torn") / "run.json").write_text('{"id": "torn"')
    (ledger.folder("killed") / "a.log").write_text("said")
    path.write_bytes(b"\xa5" * 3 * PAGE)
    assert ledger.runs() == [a_run(2), a_run(1), a_run(0)]
    assert "3 runs were saved" in ledger.notes[0]
    ledger.close()


def test_steps_that_are_lost_come_from_the_record(tmp_path: Path) -> None:
    path = fill(tmp_path, 2)
    db = sqlite3.connect(path)
    with db:
        db.execute("DELETE FROM step WHERE name = 'b'")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    root_page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'reading'").fetchone()
    db.close()
    content = bytearray(path.read_bytes())
    content[(root_page[0] - 1) * PAGE : root_page[0] * PAGE] = b"\xa5" * PAGE
    path.write_bytes(content)
    ledger = Ledger(tmp_path)
    (ledger.folder("r0001") / "run.json").write_text(dump(a_run(1)))
    assert ledger.readings() == []
    found = {run.id: [step.name for step in run.steps] for run in ledger.runs()}
    assert found == {"r0000": ["a"], "r0001": ["a", "b"]}
    ledger.close()


def test_whoever_has_the_broken_ledger_open_goes_on_with_the_mended_one(tmp_path: Path) -> None:
    path = fill(tmp_path, 2)
    other = Ledger(tmp_path)
    assert len(other.runs()) == 2
    path.write_bytes(b"\xa5" * 3 * PAGE)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    mender = Ledger(tmp_path)
    assert mender.runs() == []
    other.finish(a_run(7))
    assert mender.run("r0007") == a_run(7)
    assert len(list(path.parent.glob("ledger.corrupt-*.sqlite"))) == 1
    mender.close()
    other.close()


MOUNTS = r"""
22 1 0:20 / / rw shared:1 - ext4 /dev/root rw
23 22 0:21 / /mnt/team rw shared:2 - nfs4 server:/team rw
24 23 0:22 / /mnt/team/local rw - tmpfs tmpfs rw
25 22 0:23 / /mnt/with\040blank rw - cifs //server/share rw
"""


@pytest.mark.parametrize(
    ("folder", "shared"),
    [
        ("/home/me", False),
        ("/mnt/team", True),
        ("/mnt/team/project/.fullcycle", True),
        ("/mnt/team/local/project", False),
        ("/mnt/teams", False),
        ("/mnt/with blank/project", True),
    ],
)
def test_a_network_file_system_is_recognised(tmp_path: Path, folder: str, shared: bool) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.lstrip())
    assert is_shared(tmp_path.joinpath(folder), mounts) is shared


def test_without_a_list_of_mounts_a_folder_counts_as_local(tmp_path: Path) -> None:
    assert not is_shared(tmp_path, tmp_path / "missing")


def test_a_ledger_on_a_shared_folder_has_no_log_that_only_one_machine_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fullcycle.pipeline.store.is_shared", lambda _: True)
    path = fill(tmp_path, 2)
    assert not path.with_name(path.name + "-wal").exists()
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    db.close()
