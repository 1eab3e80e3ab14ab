"""How a run compares with those before it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from fullcycle.model import Result
from fullcycle.words import duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fullcycle.model import Run, StepRecord

OF_LAST = 10
"""Successes that the usual duration is the median of."""
SHOWN = 20
"""Of them in a line, and the newest."""
MUCH = 1.5
"""How many times the usual is much, as the review has it."""
NOTICEABLE = 0.5
"""Seconds it must differ to be more than chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """A duration among the same one in earlier runs."""

    seconds: float
    before: tuple[float, ...]
    """Of successes, oldest first."""
    whole: bool = True
    """Whether it was not cut short: only then it is compared."""

    @property
    def usually(self) -> float | None:
        """Median seconds of the last 10 successes; None before the first."""
        return median(self.before[-OF_LAST:]) if self.before else None

    @property
    def values(self) -> tuple[float, ...]:
        """What a line of it shows, oldest first, this one last."""
        return (*self.before[-(SHOWN - 1) :], self.seconds)

    @property
    def change(self) -> str:
        """`+35 %`, or how many times as long; empty when it is as usual."""
        if self.usually is None or not self.whole or abs(self.seconds - self.usually) < NOTICEABLE:
            return ""
        ratio = self.seconds / self.usually if self.usually else 0.0
        if ratio >= 3 or not ratio:  # noqa: PLR2004 (percents of more are hard to read)
            return f"{ratio:.1f} ×" if ratio else f"+{duration(self.seconds)}"
        percent = round(ratio * 100) - 100
        return f"{percent:+} %" if percent else ""

    @property
    def much_longer(self) -> bool:
        """Whether it is worth a second look."""
        return bool(self.change and self.usually and self.seconds > MUCH * self.usually)


def comparable(run: Run, runs: Iterable[Run]) -> list[Run]:
    """The runs of the same chain in the same environment before a run, oldest first."""
    found = (
        other
        for other in runs
        if (other.chain, other.environment) == (run.chain, run.environment)
        and other.id != run.id
        and other.started <= run.started
    )
    return sorted(found, key=lambda other: (other.started, other.id))


def of_run(run: Run, earlier: Sequence[Run]) -> Usual:
    """The duration of the whole run."""
    return Usual(
        seconds=seconds_of(run),
        before=tuple(seconds_of(other) for other in earlier if other.result is Result.SUCCESS),
        whole=run.result is Result.SUCCESS,
    )


def of_step(step: StepRecord, earlier: Sequence[Run]) -> Usual:
    """The duration of a step."""
    return Usual(
        seconds=step.seconds,
        before=tuple(
            other.seconds
            for run in earlier
            for other in run.steps
            if other.name == step.name and other.result is Result.SUCCESS
        ),
        whole=step.result is not Result.CANCELLATION,
    )


def seconds_of(run: Run) -> float:
    """How long a run took; 0 while it runs."""
    return max((run.finished - run.started).total_seconds(), 0.0) if run.finished else 0.0
