"""How long steps take and how that changes, which are flaky, and which work was in vain."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from fullcycle.model import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from fullcycle.model import Run, StepRecord

_ENDED_BADLY = frozenset({Result.FAILURE, Result.ERROR, Result.TIMEOUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long the successful attempts of a step took."""

    step: str
    seconds: tuple[float, ...]
    """Oldest first; at least one."""

    @property
    def last(self) -> float:
        """Seconds the newest took."""
        return self.seconds[-1]

    @property
    def usual(self) -> float | None:
        """Median seconds of those before; None when there was only one."""
        return median(self.seconds[:-1]) if len(self.seconds) > 1 else None

    @property
    def trend(self) -> float | None:
        """The last against the usual: 2 is twice as long."""
        return self.last / self.usual if self.usual else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaky:
    """A step that ended now one way, now the other, on the same source."""

    step: str
    revisions: tuple[str, ...]
    """Those on which it both failed and succeeded, or needed a retry; newest first."""
    retries: int
    """Attempts that a retry made good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """A step that has failed in all of its last runs."""

    step: str
    times: int
    reason: str
    """Why it failed the last time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waste:
    """Time steps took in vain."""

    seconds: float
    """After another step had failed, or in runs that were cancelled."""
    total: float
    """Seconds of all steps of all runs."""
    runs: int
    """How many runs it happened in."""

    @property
    def ratio(self) -> float:
        """Its share of all time."""
        return self.seconds / self.total if self.total else 0.0


def timings(runs: Iterable[Run]) -> list[Timing]:
    """How long each step took in the runs, the longest first."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for run in _oldest_first(runs):
        for step in run.steps:
            if step.result is Result.SUCCESS:
                seconds[step.name].append(step.seconds)
    found = [Timing(step=name, seconds=tuple(took)) for name, took in seconds.items()]
    return sorted(found, key=lambda timing: (-timing.last, timing.step))


def flaky(runs: Iterable[Run]) -> list[Flaky]:
    """Steps that are not to be relied on, by name.

    Runs on uncommitted changes don't count: between two of them, anything may have changed.
    """
    outcomes: dict[str, dict[str, set[bool]]] = defaultdict(lambda: defaultdict(set))
    retries: dict[str, int] = defaultdict(int)
    for run, step in _steps(runs):
        if not run.revision or run.version.endswith(".dirty"):
            continue
        good = step.result is Result.SUCCESS
        if good or step.result in _ENDED_BADLY:
            outcomes[step.name][run.revision].add(good)
        if good and step.attempts > 1:
            outcomes[step.name][run.revision].add(False)
            retries[step.name] += step.attempts - 1
    found = {
        name: tuple(revision for revision, seen in reversed(by.items()) if len(seen) > 1)
        for name, by in outcomes.items()
    }
    return [
        Flaky(step=name, revisions=revisions, retries=retries[name])
        for name, revisions in sorted(found.items())
        if revisions
    ]


def streaks(runs: Iterable[Run]) -> list[Streak]:
    """Steps that failed at least twice in a row and have not succeeded since, by name."""
    failing: dict[str, list[StepRecord]] = defaultdict(list)
    for _, step in _steps(runs):
        if step.result is Result.SUCCESS:
            failing[step.name].clear()
        elif step.result in _ENDED_BADLY:
            failing[step.name].append(step)
    return [
        Streak(step=name, times=len(steps), reason=steps[-1].reason)
        for name, steps in sorted(failing.items())
        if len(steps) > 1
    ]


def waste(runs: Iterable[Run]) -> Waste:
    """The time that steps took after a failure of their run, or in a cancelled run."""
    ended = [run for run in runs if run.finished]
    wasted = [_wasted(run) for run in ended]
    return Waste(
        seconds=sum(wasted),
        total=sum(step.seconds for run in ended for step in run.steps),
        runs=sum(seconds > 0 for seconds in wasted),
    )


def _wasted(run: Run) -> float:
    if run.result is Result.CANCELLATION:
        return sum(step.seconds for step in run.steps)
    failures = [s.finished for s in run.steps if s.result in _ENDED_BADLY and s.finished]
    return sum(_after(step, min(failures)) for step in run.steps) if failures else 0.0


def _after(step: StepRecord, failure: datetime) -> float:
    """Seconds a step ran after a moment."""
    if step.started is None or step.finished is None:
        return 0.0
    return max(0.0, (step.finished - max(step.started, failure)).total_seconds())


def _steps(runs: Iterable[Run]) -> Iterator[tuple[Run, StepRecord]]:
    return ((run, step) for run in _oldest_first(runs) for step in run.steps)


def _oldest_first(runs: Iterable[Run]) -> Sequence[Run]:
    return sorted(runs, key=lambda run: (run.started, run.id))
