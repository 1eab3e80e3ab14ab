"""The record of a run: kept in memory, told to the reporter, written to the ledger."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.model import Result, Run, StepRecord

from .codec import dump
from .folder import state_folder, write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fullcycle.report.reporter import Reporter

    from .attempt import Ending
    from .ledger import Ledger
    from .step import Step


def new_id() -> str:
    """A run's id, sortable by time: `20261122-153702-4f2a` (UTC)."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


class Recorder:
    """Notes what becomes of every step. For the run's main thread.

    That calls `flush` before it waits for anything: what happens at once is one change of the
    ledger, and what runs is in it while it runs.
    A ledger that cannot be written is a UsageError before the run, and a note during it.
    """

    def __init__(
        self,
        run: Run,
        steps: Sequence[Step],
        root: Path,
        reporter: Reporter,
        ledger: Ledger | None,
        *,
        version: Callable[[], str] = str,
    ) -> None:
        self._run = run
        self._version = version
        self._root = root
        self._reporter = reporter
        self._ledger = ledger
        self._clocks: dict[str, float] = {}
        self._complained = False
        self._unwritten: list[StepRecord] = []
        self._steps = {s.name: StepRecord(name=s.name, result=Result.PENDING) for s in steps}

    def begin(self, steps: Sequence[Step]) -> Path:
        """The run starts; returns its folder."""
        self._reporter.run_started(self._run, steps)
        if self._ledger is not None:
            self._ledger.begin(replace(self._run, steps=tuple(self._steps.values())))
            for note in self._ledger.notes:
                self._reporter.note(note)
        return state_folder(self._root, "runs", self._run.id)

    def started(self, step: Step, log: str) -> None:
        """A step begins."""
        self._clocks[step.name] = time.monotonic()
        record = replace(
            self._steps[step.name], result=Result.RUNNING, started=datetime.now(UTC), log=log
        )
        self._steps[step.name] = record
        self._reporter.step_started(step)
        self._unwritten.append(record)

    def ended(self, name: str, ending: Ending, tail: str = "") -> None:
        """A step that ran has ended, or turned out not to have to run."""
        error = ending.error
        record = replace(
            self._steps[name],
            result=ending.result,
            finished=datetime.now(UTC) if name in self._clocks else None,
            seconds=round(time.monotonic() - self._clocks[name], 6) if name in self._clocks else 0,
            exit_code=ending.exit_code,
            attempts=ending.attempts,
            reason=str(error) if error is not None else ending.reason,
            summary=ending.summary,
        )
        self._settle(record, tail)

    def dropped(self, name: str, result: Result, reason: str) -> None:
        """A step never ran."""
        self._settle(replace(self._steps[name], result=result, reason=reason), "")

    def flush(self) -> None:
        """Write what has become of steps since the last time."""
        records, self._unwritten = self._unwritten, []
        if records:
            self._safely(lambda ledger: ledger.step(self._run.id, *records))

    def finish(self, result: Result, reason: str) -> Run:
        """The run is over; returns its record, which is also in the run's folder."""
        self._run = replace(
            self._run,
            version=self._version(),
            result=result,
            reason=reason,
            finished=datetime.now(UTC),
            steps=tuple(self._steps.values()),
        )
        self._safely(lambda ledger: ledger.finish(self._run))
        try:
            folder = state_folder(self._root, "runs", self._run.id)
            write_atomically(folder / "run.json", dump(self._run, indent=2) + "\n")
        except (OSError, FullcycleError) as error:
            self._complain(str(error))
        self._reporter.run_finished(self._run)
        self._safely(lambda ledger: ledger.prune())
        return self._run

    def _settle(self, record: StepRecord, tail: str) -> None:
        self._steps[record.name] = record
        self._reporter.step_finished(record, tail)
        self._unwritten.append(record)

    def _safely(self, write: Callable[[Ledger], None]) -> None:
        try:
            if self._ledger is not None:
                write(self._ledger)
        except FullcycleError as error:
            self._complain(str(error))

    def _complain(self, text: str) -> None:
        if not self._complained:
            self._complained = True
            self._reporter.note(f"this run is not recorded whole: {text}")
