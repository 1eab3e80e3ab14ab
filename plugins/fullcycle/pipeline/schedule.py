"""Which step's turn it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import Result

from .graph import ranks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .step import Step

_VERBS = {
    Result.FAILURE: "failed",
    Result.ERROR: "failed",
    Result.TIMEOUT: "took too long",
    Result.CANCELLATION: "was cancelled",
}


class Schedule:
    """The steps of a run that wait, run and have ended. For one thread; knows nothing of time."""

    def __init__(self, steps: Sequence[Step]) -> None:
        rank = ranks(steps)
        self._waiting = {step.name: step for step in sorted(steps, key=lambda s: rank[s.name])}
        self._ended: set[str] = set()
        self._blame: dict[str, str] = {}
        """For every step that did not do its work: which one is to blame, and why."""

    def ready(self) -> Iterator[Step]:
        """The steps that may start now, one after the other; each is running once it is taken."""
        for step in list(self._waiting.values()):
            if self._free(step):
                del self._waiting[step.name]
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
        self._waiting.pop(name, None)
        self._ended.add(name)
        if result.bad:
            self._blame[name] = f"{name}, which {_VERBS[result]}"

    def _free(self, step: Step) -> bool:
        return step.needs | step.after <= self._ended
