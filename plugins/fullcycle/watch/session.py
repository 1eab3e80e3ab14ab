"""Session: a run, and further runs of what changes touch, until somebody ends it."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING, Self

from fullcycle.errors import FullcycleError
from fullcycle.model import Result
from fullcycle.pipeline.graph import restrict
from fullcycle.pipeline.interrupt import SIGNALS
from fullcycle.report.words import duration

from .observer import Observer
from .touched import touched, unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import FrameType

    from fullcycle.model import Run
    from fullcycle.pipeline.execution import Outcome
    from fullcycle.pipeline.step import Step

    Choice = Callable[[Sequence[Step]], Sequence[Step]]

NAMED = 5
"""Changed files that are named."""


class Session:
    """Rounds of one chain.

    Args:
        root: the project's folder.
        carry_out: lays the chain out anew, runs the steps that are chosen of it, and returns how
            that ended; None when nothing was chosen.
        say: shows a line.
        explain: an error, as a user sees it.
    """

    def __init__(
        self,
        root: Path,
        carry_out: Callable[[Choice], Outcome | None],
        say: Callable[[str], object],
        explain: Callable[[FullcycleError], str],
    ) -> None:
        self._root = root
        self._carry_out = carry_out
        self._say = say
        self._explain = explain
        self._rounds: list[Run] = []
        self._pending: frozenset[str] = frozenset()
        """Steps that have not done their work yet, whatever a change touches."""
        self._error: FullcycleError | None = None

    def go(self) -> Outcome | None:
        """Watch until SIGINT, SIGTERM or SIGHUP; returns how the last round ended.

        Raises:
            FullcycleError: the settings, or what kept the last round from being run.
            UsageError: changes can't be noticed here.
        """
        began = time.monotonic()
        with _Stop() as stop:
            observer = Observer(self._root, stop.event)
            last = self._round(lambda steps: steps)
            while not stop.event.is_set() and not _interrupted(last):
                self._say("watching for changes; Ctrl-C ends it")
                changed = observer.next()
                if changed:
                    last = self._after(changed) or last
            stop.event.set()
        self._say(self._summary(time.monotonic() - began))
        if self._error is not None and not _interrupted(last):
            raise self._error
        return last

    def _after(self, changed: frozenset[str]) -> Outcome | None:
        def choose(steps: Sequence[Step]) -> Sequence[Step]:
            names = touched(steps, changed)
            if not names:
                return ()
            self._say(f"changed: {_named(changed)}")
            return restrict(steps, names | self._pending)

        return self._round(choose)

    def _round(self, choose: Choice) -> Outcome | None:
        try:
            outcome = self._carry_out(choose)
        except FullcycleError as error:
            self._error = error
            self._say(self._explain(error))
            return None
        if outcome is not None:
            self._error = None
            self._rounds.append(outcome.run)
            ran = {step.name for step in outcome.run.steps}
            self._pending = self._pending - ran | unfinished(outcome.run)
        return outcome

    def _summary(self, seconds: float) -> str:
        well = sum(run.result is Result.SUCCESS for run in self._rounds)
        count = len(self._rounds)
        runs = f"{count} run{'' if count == 1 else 's'}, {well} ok"
        left = f"; not well: {', '.join(sorted(self._pending))}" if self._pending else ""
        return f"watched for {duration(seconds)}: {runs}{left}"


class _Stop:
    """Signals between two rounds; a round has its own way to end."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def __enter__(self) -> Self:
        self._earlier = {
            number: signal.signal(number, self._heard)
            for number in SIGNALS
            if threading.current_thread() is threading.main_thread()
        }
        return self

    def __exit__(self, *_: object) -> None:
        self.event.set()
        for number, earlier in self._earlier.items():
            signal.signal(number, earlier)

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self.event.set()


def _interrupted(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.run.result is Result.CANCELLATION


def _named(changed: frozenset[str]) -> str:
    first = ", ".join(sorted(changed)[:NAMED])
    return f"{first} and {len(changed) - NAMED} more" if len(changed) > NAMED else first
