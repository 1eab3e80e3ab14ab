"""What all pages say about runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import Result
from fullcycle.words import utc

from .states import INTERRUPTED, RESULTS, State

if TYPE_CHECKING:
    from fullcycle.model import Run, StepRecord


def culprits(run: Run) -> list[StepRecord]:
    """The steps that failed by themselves, the first to fail first."""
    failed = [s for s in run.steps if s.result.bad and s.result is not Result.CANCELLATION]
    return sorted(failed, key=lambda s: utc(s.finished or s.started or run.started))


def state_of(result: Result, *, gone: bool) -> State:
    """The state of a run or a step; `gone` when the run's process is."""
    return INTERRUPTED if gone and result in {Result.RUNNING, Result.PENDING} else RESULTS[result]
