"""What made a run as long as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fullcycle.words import utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from fullcycle.model import Run, StepRecord
    from fullcycle.pipeline.step import Step

PROMPT = timedelta(seconds=0.1)
"""A step that begins so soon after another has ended did not wait for anything else."""


def waits_for(steps: Iterable[Step]) -> dict[str, frozenset[str]]:
    """Which steps each step waits for, by name."""
    return {step.name: step.needs | step.after for step in steps}


def ready(run: Run, waits: Mapping[str, frozenset[str]]) -> dict[str, datetime]:
    """When each step could have begun, had there always been a free place for it."""
    ends = {step.name: _end(step) for step in run.steps if step.finished}
    return {
        step.name: max(
            [utc(run.started), *(ends[name] for name in waits.get(step.name, ()) if name in ends)]
        )
        for step in run.steps
    }


def waited(step: StepRecord, since: datetime) -> float:
    """Seconds a step waited for a free place; 0 when it began promptly."""
    if step.started is None or utc(step.started) - since <= PROMPT:
        return 0.0
    return (utc(step.started) - since).total_seconds()


def critical_path(run: Run, waits: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The steps without which the run would have been shorter, the first one first.

    From the step that ended last back to the one that let it begin: a step it waits for, or
    the one whose end made a place free for it.
    """
    ended = [step for step in run.steps if step.started and step.finished]
    path: list[StepRecord] = []
    at = max(ended, key=_end, default=None)
    while at is not None:
        path.append(at)
        ended.remove(at)
        at = _enabler(at, ended, run, waits.get(at.name, frozenset()))
    return tuple(step.name for step in reversed(path))


def _enabler(
    step: StepRecord, others: Iterable[StepRecord], run: Run, waits: frozenset[str]
) -> StepRecord | None:
    begin = utc(step.started or run.started)
    before = [other for other in others if _end(other) <= begin + PROMPT / 2]
    needed = max((other for other in before if other.name in waits), key=_end, default=None)
    if needed is not None and begin - _end(needed) <= PROMPT:
        return needed
    if begin - utc(run.started) <= PROMPT:
        return None
    return max(before, key=_end, default=None)


def _end(step: StepRecord) -> datetime:
    moment = step.finished or step.started
    assert moment is not None  # noqa: S101 (only steps that ran are asked)
    return utc(moment)
