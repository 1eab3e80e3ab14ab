"""Old runs make room, and only they."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fullcycle.model import Finding, Reading, Result, Run, StepRecord
from fullcycle.pipeline.ledger import Ledger
from fullcycle.pipeline.mask import Masker
from fullcycle.pipeline.run import execute
from fullcycle.pipeline.step import Command, Step
from fullcycle.report.quiet import Quiet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path, keep=3)
    yield ledger
    ledger.close()


def record(ledger: Ledger, minute: int, result: Result = Result.SUCCESS, chain: str = "ci") -> str:
    started = NOON + timedelta(minutes=minute)
    name = f"{started:%Y%m%d-%H%M%S}-{minute:04x}"
    finished = None if result is Result.RUNNING else started
    step = StepRecord(name="a", result=result, seconds=1.0)
    run = Run(
        id=name, chain=chain, result=result, started=started, finished=finished, steps=(step,)
    )
    (ledger.begin if finished is None else ledger.finish)(run)
    (ledger.folder(name) / "a.log").write_text("said")
    return name


def folders(ledger: Ledger) -> list[str]:
    return sorted(path.name for path in (ledger.root / ".fullcycle" / "runs").iterdir())


def test_the_newest_runs_stay_with_their_folders(ledger: Ledger) -> None:
    names = [record(ledger, minute) for minute in range(6)]
    ledger.prune()
    assert [run.id for run in ledger.runs()] == names[:2:-1]
    assert folders(ledger) == names[3:]
    assert all(run.steps for run in ledger.runs())


def test_what_runs_and_the_last_success_of_every_chain_stay(ledger: Ledger) -> None:
    good = record(ledger, 0, chain="nightly")
    record(ledger, 1)
    last = record(ledger, 2)
    running = record(ledger, 3, Result.RUNNING)
    names = [record(ledger, minute, Result.FAILURE) for minute in range(4, 9)]
    ledger.prune()
    kept = [good, last, running, *names[-3:]]
    assert sorted(run.id for run in ledger.runs()) == kept
    assert folders(ledger) == kept


def test_findings_go_with_their_run_and_measurements_stay(ledger: Ledger) -> None:
    for minute in range(5):
        name = record(ledger, minute)
        at = NOON + timedelta(minutes=minute)
        reading = Reading(metric="cpu", value=minute, unit="%", subject="a", at=at)
        ledger.record_readings(name, [reading])
        ledger.record_findings(name, [Finding(id=name, severity="warning", title="odd")])
    ledger.prune()
    assert [reading.value for reading in ledger.readings()] == [0, 1, 2, 3, 4]
    assert ledger.findings()


def test_folders_that_no_ledger_knows_stay_while_there_is_room(ledger: Ledger) -> None:
    lost = [f"20250101-00000{number}-abcd" for number in range(4)]
    for name in lost:
        ledger.folder(name)
    (ledger.root / ".fullcycle" / "runs" / "notes").mkdir()
    new = record(ledger, 0)
    ledger.prune()
    assert folders(ledger) == [*lost[2:], new, "notes"]


def test_a_run_ends_with_room_for_the_next(tmp_path: Path, ledger: Ledger) -> None:
    def run() -> str:
        step = Step(name="a", action=Command(run="true"))
        outcome = execute(
            [step], chain="ci", root=tmp_path, reporter=Quiet(), ledger=ledger, masker=Masker([])
        )
        return outcome.run.id

    names = sorted(run() for _ in range(5))
    assert len(ledger.runs()) == 3
    assert set(folders(ledger)) <= set(names)
    assert len(folders(ledger)) == 3
