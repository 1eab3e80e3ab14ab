"""Which step's turn it is."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

from fullcycle.model import Result

from .graph import ranks
from .resources import capacities

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .step import Step

_VERBS = {
    Result.FAILURE: "failed",
    Result.ERROR: "failed",
    Result.TIMEOUT: "took too long",
    Result.CANCELLATION: "was cancelled",
}

QUICK_SECONDS = 0.3
"""A step known to be quicker than this goes before the longest: it delays the run by next to
nothing, and what it finds is known at once."""


class Schedule:
    """The steps of a run that wait, run and have ended. For one thread; knows nothing of time.

    Of the steps that may start, the one goes first after which most is left to do: so the run
    takes little longer than the longest chain of steps in it (list scheduling by critical path;
    R. L. Graham, Bounds on Multiprocessing Timing Anomalies, 1969). Only what is over in a moment
    goes before it.

    Args:
        steps: in the order preferred where durations say nothing.
        seconds: how long steps are expected to take, by name; the median of these for the others.
    """

    def __init__(self, steps: Sequence[Step], seconds: Mapping[str, float] | None = None) -> None:
        known = seconds or {}
        rank, left = ranks(steps), remaining(steps, known)
        slow = {step.name: known.get(step.name, QUICK_SECONDS) >= QUICK_SECONDS for step in steps}
        # Tenths: what differs less does so by chance, and goes in the order it was written in.
        ordered = sorted(steps, key=lambda s: (slow[s.name], -round(left[s.name], 1), rank[s.name]))
        self._waiting = {step.name: step for step in ordered}
        self._steps = {step.name: step for step in steps}
        self._capacity = capacities(steps)
        self._in_use: Counter[str] = Counter()
        self._running: set[str] = set()
        self._ended: set[str] = set()
        self._blame: dict[str, str] = {}
        """For every step that did not do its work: which one is to blame, and why."""

    def ready(self) -> Iterator[Step]:
        """The steps that may start now, one after the other; each is running once it is taken."""
        for step in list(self._waiting.values()):
            if self._free(step):
                del self._waiting[step.name]
                self._running.add(step.name)
                self._in_use.update(step.uses)
                yield step

    def blocked(self) -> Iterator[tuple[Step, str]]:
        """The waiting steps that can't run any more, each with its reason; they have ended."""
        for step in list(self._waiting.values()):
            culprits = [self._blame[name] for name in sorted(step.needs) if name in self._blame]
            if culprits and not step.always:
                del self._waiting[step.name]
                self._ended.add(step.name)
                self._blame[step.name] = culprits[0]
                yield step, f"needs {culprits[0]}"

    def cancel(self, *, everything: bool) -> Iterator[Step]:
        """Give up the waiting steps, `always` ones only when it is everything."""
        for step in list(self._waiting.values()):
            if everything or not step.always:
                del self._waiting[step.name]
                self.end(step.name, Result.CANCELLATION)
                yield step

    def end(self, name: str, result: Result) -> None:
        """A step has ended; a skipped one counts as done."""
        step = self._steps[name]
        self._waiting.pop(name, None)
        self._ended.add(name)
        if name in self._running:
            self._running.discard(name)
            self._in_use.subtract(step.uses)
        if result.bad and not (step.passable and result is not Result.CANCELLATION):
            self._blame[name] = f"{name}, which {_VERBS[result]}"

    def _free(self, step: Step) -> bool:
        if not step.needs | step.after <= self._ended:
            return False
        return all(self._in_use[tag] < self._capacity[tag] for tag in step.uses)


def remaining(steps: Sequence[Step], seconds: Mapping[str, float]) -> dict[str, float]:
    """How long it takes at least from the start of each step to the end of all that waits for it.

    Args:
        steps: of one run.
        seconds: how long steps are expected to take; the median of these for the others, and all
            the same when there are none.
    """
    usual = median(seconds.values()) if seconds else 1.0
    rank = ranks(steps)
    left = {step.name: 0.0 for step in steps}
    for step in sorted(steps, key=lambda step: rank[step.name], reverse=True):
        left[step.name] += seconds.get(step.name, usual)
        for other in step.needs | step.after:
            left[other] = max(left[other], left[step.name])
    return left
