from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import UsageError
from fullcycle.model import (
    Deployment,
    DeploymentStatus,
    Finding,
    Reading,
    Release,
    Result,
    Run,
    StepRecord,
    Workload,
)
from fullcycle.pipeline.ledger import INTERRUPTED, Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path)
    yield ledger
    ledger.close()


def a_run(name: str = "r1", minutes: int = 0, **changes: object) -> Run:
    run = Run(id=name, chain="ci", result=Result.RUNNING, started=NOON + timedelta(minutes=minutes))
    return replace(run, **changes)  # type: ignore[arg-type]


def ended(run: Run, seconds: float = 60, result: Result = Result.SUCCESS) -> Run:
    return replace(run, result=result, finished=run.started + timedelta(seconds=seconds))


def test_a_run_comes_back_as_it_was_written(ledger: Ledger) -> None:
    run = a_run(environment="local", revision="abc", by="me@here")
    ledger.begin(run)
    build = StepRecord(name="build", result=Result.RUNNING, started=NOON)
    ledger.step("r1", build)
    ledger.step("r1", StepRecord(name="alpha", result=Result.PENDING))
    done = replace(build, result=Result.SUCCESS, seconds=1.5, exit_code=0, summary="12 MB")
    ledger.step("r1", done)
    alpha = StepRecord(name="alpha", result=Result.SKIP, reason="not asked for")
    whole = replace(ended(run), steps=(done, alpha))
    ledger.finish(whole)
    assert ledger.run("r1") == whole
    assert ledger.run("last") == whole
    assert ledger.run("other") is None


def test_runs_are_listed_newest_first_and_by_chain(ledger: Ledger) -> None:
    for minute, chain in enumerate(("ci", "cd", "ci", "ci")):
        ledger.begin(a_run(f"r{minute}", minute, chain=chain))
    assert [run.id for run in ledger.runs()] == ["r3", "r2", "r1", "r0"]
    assert [run.id for run in ledger.runs(limit=2, chain="ci")] == ["r3", "r2"]


def test_reading_an_empty_project_creates_nothing(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.runs() == []
    assert ledger.run("last") is None
    assert ledger.findings() == []
    assert ledger.deployments() == []
    assert ledger.readings() == []
    assert ledger.expected_seconds("ci") is None
    assert ledger.interrupted() == []
    assert list(tmp_path.iterdir()) == []


def test_the_state_is_private_and_invisible_to_git(ledger: Ledger, tmp_path: Path) -> None:
    ledger.begin(a_run())
    folder = tmp_path / ".fullcycle"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / ".gitignore").read_text() == "*\n"
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(ledger.folder("r1").stat().st_mode) == 0o700


def test_the_expected_duration_is_the_median_of_the_last_ten_successes(ledger: Ledger) -> None:
    ledger.finish(ended(a_run("old", -1), 9999))
    for minute in range(10):
        ledger.finish(ended(a_run(f"r{minute}", minute), 10 + minute))
    ledger.finish(ended(a_run("failed", 20), 9999, Result.FAILURE))
    assert ledger.expected_seconds("ci") == 14.5
    assert ledger.expected_seconds("cd") is None


def test_findings_are_those_of_the_last_review(ledger: Ledger) -> None:
    flaky = Finding(id="flaky:test", severity="warning", title="test is flaky")
    ledger.record_findings("r1", [flaky])
    assert ledger.findings() == [flaky]
    ledger.record_findings("r2", [])
    assert ledger.findings() == []


def test_readings_come_in_order_and_the_newest_are_kept(ledger: Ledger) -> None:
    readings = [
        Reading(metric="up", value=n, unit="count", subject="a", at=NOON + timedelta(seconds=n))
        for n in range(5)
    ]
    ledger.record_readings("r1", readings)
    assert ledger.readings() == readings
    assert ledger.readings(limit=2) == readings[3:]
    assert ledger.readings(since=readings[1].at, limit=100) == readings[1:]


def test_deployments_are_updated_and_filtered_by_environment(ledger: Ledger) -> None:
    release = Release(
        app="shop",
        version="1.0.0",
        digest="sha256:1",
        kind="python",
        registry="file:",
        revision="abc",
        created=NOON,
        released_by="me@here",
    )
    first = Deployment(
        id="d1",
        app="shop",
        environment="local",
        workload=Workload(release=release, command="serve {port}", env={"A": "1"}),
        strategy="rolling",
        status=DeploymentStatus.RUNNING,
        started=NOON,
        by="me@here",
    )
    second = replace(first, id="d2", environment="staging", started=NOON + timedelta(hours=1))
    ledger.record_deployment(first)
    ledger.record_deployment(second)
    done = replace(first, status=DeploymentStatus.SUCCEEDED)
    ledger.record_deployment(done)
    assert ledger.deployments() == [second, done]
    assert ledger.deployments(environment="local") == [done]


def test_a_run_of_this_living_process_is_not_interrupted(ledger: Ledger) -> None:
    ledger.begin(a_run("r1"))
    ledger.begin(a_run("r2", 1))
    assert ledger.interrupted() == []
    assert [run.result for run in ledger.runs()] == [Result.RUNNING, Result.RUNNING]


def test_a_run_whose_process_died_is_named_by_the_next_one(ledger: Ledger, tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from datetime import datetime, UTC;"
        "from fullcycle.pipeline.ledger import Ledger; from fullcycle.model import *;"
        "ledger = Ledger(Path(sys.argv[1])); now = datetime.now(UTC);"
        "ledger.begin(Run(id='dead', chain='ci', result=Result.RUNNING, started=now));"
        "ledger.step('dead', StepRecord(name='build', result=Result.SUCCESS, finished=now));"
        "ledger.step('dead', StepRecord(name='test', result=Result.RUNNING, started=now));"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert [run.id for run in ledger.interrupted()] == ["dead"]
    ledger.begin(a_run("next", minutes=10**6))
    dead = ledger.run("dead")
    assert dead is not None
    assert dead.result is Result.CANCELLATION
    assert dead.reason == INTERRUPTED
    assert dead.finished is not None
    assert [(step.name, step.result) for step in dead.steps] == [
        ("build", Result.SUCCESS),
        ("test", Result.CANCELLATION),
    ]
    assert ledger.interrupted() == []


def test_many_threads_and_ledgers_write_at_the_same_time(tmp_path: Path) -> None:
    def record(number: int) -> None:
        ledger = Ledger(tmp_path)
        for turn in range(10):
            ledger.finish(ended(a_run(f"r{number}-{turn}")))
        ledger.close()

    threads = [threading.Thread(target=record, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger = Ledger(tmp_path)
    assert len(ledger.runs(limit=1000)) == 80
    ledger.close()


def test_a_file_that_is_no_database_is_set_aside_with_a_note(
    ledger: Ledger, tmp_path: Path
) -> None:
    folder = tmp_path / ".fullcycle"
    folder.mkdir()
    (folder / "ledger.sqlite").write_text("this is no database, " * 100)
    ledger.begin(a_run())
    assert [run.id for run in ledger.runs()] == ["r1"]
    (aside,) = folder.glob("ledger.corrupt-*.sqlite")
    assert aside.read_text().startswith("this is no database")
    assert aside.name in ledger.notes[0]


def test_a_database_damaged_inside_is_set_aside_when_it_is_noticed(
    ledger: Ledger, tmp_path: Path
) -> None:
    for number in range(50):
        ledger.begin(a_run(f"r{number}", number, by="x" * 2000))
    ledger.close()
    path = tmp_path / ".fullcycle" / "ledger.sqlite"
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = b"\xa5" * (len(content) - 4096 * 2)
    path.write_bytes(content)
    assert ledger.runs() == []
    assert ledger.notes
    ledger.begin(a_run("new"))
    assert [run.id for run in ledger.runs()] == ["new"]


def test_a_ledger_of_a_newer_version_is_left_alone(ledger: Ledger, tmp_path: Path) -> None:
    ledger.begin(a_run())
    ledger.close()
    path = tmp_path / ".fullcycle" / "ledger.sqlite"
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(UsageError, match="written by a newer fullcycle") as error:
        ledger.runs()
    assert "upgrade" in error.value.hint


def test_a_damaged_record_is_named(ledger: Ledger, tmp_path: Path) -> None:
    ledger.begin(a_run())
    ledger.close()
    database = sqlite3.connect(tmp_path / ".fullcycle" / "ledger.sqlite")
    with database:
        database.execute("""UPDATE run SET data = '{"id": "r1"}'""")
    database.close()
    with pytest.raises(UsageError, match=r"ledger\.sqlite \(run r1\) is damaged: chain"):
        ledger.runs()


def test_a_place_that_cannot_hold_a_ledger_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / ".fullcycle").write_text("a file where the folder should be")
    with pytest.raises(UsageError, match="cannot write to"):
        Ledger(tmp_path).begin(a_run())


def test_a_ledger_that_is_a_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / ".fullcycle" / "ledger.sqlite").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"ledger\.sqlite"):
        Ledger(tmp_path).begin(a_run())
