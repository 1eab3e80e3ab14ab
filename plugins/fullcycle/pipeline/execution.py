"""The main thread's side of a run: gives steps to workers, and waits for what they report."""

from __future__ import annotations

import queue
import time
import traceback
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from fullcycle.errors import FullcycleError, InterruptedRunError, StepError
from fullcycle.model import Result

from . import leftovers
from .attempt import Ending, one_line, perform
from .context import Context
from .interrupt import CancelledError, Interrupts
from .log import StepLog, file_names
from .schedule import Schedule
from .workers import Workers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fullcycle.model import Run
    from fullcycle.report.reporter import Reporter
    from fullcycle.uptodate.check import UpToDate

    from .mask import Masker
    from .record import Recorder
    from .step import Step
    from .trace import Trace

TICK = 0.5
"""Seconds between two looks for a signal. One that arrives in the moment before Python begins to
wait does not end the waiting, and its handler runs when that ends."""
ABANDON_SECONDS = 2.0
"""How long a step that ignores its cancellation is waited for after the second signal."""


class Outcome(NamedTuple):
    """How a run ended."""

    run: Run
    error: FullcycleError | None
    """What the first failing step raised, or that the run was interrupted; its `code` is the
    exit code."""
    steps: tuple[Step, ...] = ()
    """As they were carried out, each with words for what it does; secrets are masked in them."""


class _Begun(NamedTuple):
    step: Step
    log: str


class _Ended(NamedTuple):
    step: Step
    ending: Ending
    tail: str


class Execution:
    """The main thread's side: starts a thread for every step, and waits for what they report."""

    def __init__(
        self,
        steps: Sequence[Step],
        recorder: Recorder,
        reporter: Reporter,
        masker: Masker,
        *,
        root: Path,
        environ: Mapping[str, str],
        jobs: int,
        trace: Trace | None,
        uptodate: UpToDate | None,
        explain: bool,
        seconds: Mapping[str, float],
    ) -> None:
        self._steps = steps
        self._recorder = recorder
        self._reporter = reporter
        self._masker = masker
        self._root = root
        self._environ = environ
        self._jobs = jobs
        self._trace = trace
        self._uptodate = uptodate
        self._explain = explain
        self._schedule = Schedule(steps, seconds)
        self._workers = Workers(min(jobs, len(steps)))
        self._logs = file_names(step.name for step in steps)
        self._running: dict[str, Step] = {}
        self._error: FullcycleError | None = None
        self._result = Result.SUCCESS
        self._events: queue.SimpleQueue[_Begun | _Ended | None] = queue.SimpleQueue()
        self._interrupts = Interrupts(lambda: self._events.put(None))

    def go(self, done: Mapping[str, str]) -> Outcome:
        """Run everything but what is done already (name → why), to a good end."""
        with self._interrupts:
            self._folder = self._recorder.begin(self._steps)
            try:
                for name, reason in done.items():
                    self._drop(name, Result.SKIP, reason)
                self._loop()
            except BaseException:
                self._interrupts.stop.set("fullcycle itself failed")
                self._interrupts.kill.set("fullcycle itself failed")
                self._collect_killed()
                self._recorder.finish(Result.ERROR, "fullcycle itself failed")
                raise
            outcome = self._finish()
        self._workers.close()
        if not self._running:
            self._interrupts.close()
        return outcome

    def _loop(self) -> None:
        while True:
            self._hear_interrupts()
            self._start()
            if not self._running:
                return
            if self._interrupts.kill.is_set():
                self._collect_killed()
                return
            self._recorder.flush()
            self._take(self._next())
            while not self._events.empty():
                self._take(self._events.get())

    def _next(self) -> _Begun | _Ended | None:
        while True:
            with suppress(queue.Empty):
                return self._events.get(timeout=TICK)

    def _start(self) -> None:
        for step, reason in self._schedule.blocked():
            self._recorder.dropped(step.name, Result.SKIP, reason)
        if len(self._running) >= self._jobs:
            return
        for step in self._schedule.ready():
            self._running[step.name] = step
            log = self._logs[step.name]
            self._workers.put(partial(self._work, step, log))
            if self._uptodate is None:
                self._recorder.started(step, log)
            if len(self._running) >= self._jobs:
                return

    def _work(self, step: Step, log: str) -> None:
        """Carry a step out in a worker; whatever happens, the main thread hears of its end."""
        try:
            event = self._worked(step, log)
        except BaseException as error:  # noqa: BLE001 (or the run would wait for ever)
            ours = StepError(f"fullcycle itself failed: {one_line(error)}")
            event = _Ended(step, Ending(Result.ERROR, ours), traceback.format_exc().rstrip())
        self._events.put(event)

    def _worked(self, step: Step, log: str) -> _Ended:
        try:
            file = StepLog(self._folder / log)
        except FullcycleError as error:
            return _Ended(step, Ending(Result.FAILURE, error), "")
        try:
            ending = self._performed(step, log, file)
        finally:
            file.close()
        return _Ended(step, ending, file.tail)

    def _performed(self, step: Step, log: str, file: StepLog) -> Ending:
        def act() -> Ending:
            return perform(step, lambda: self._context(step, file))

        def begin() -> Ending:
            self._events.put(_Begun(step, log))
            return act()

        if self._uptodate is None:
            return act()
        return self._uptodate.around(step, begin, partial(self._tell, step, file))

    def _tell(self, step: Step, file: StepLog, text: str) -> None:
        """Say why a step runs, or why not."""
        with suppress(FullcycleError):
            file.write(text)
        if self._explain:
            self._reporter.note(f"{step.name} {text}")

    def _context(self, step: Step, log: StepLog) -> Context:
        stop, kill = self._interrupts.stop, self._interrupts.kill
        return Context(
            step.name,
            root=self._root,
            environ={**self._environ, **(self._trace.environ(step.name) if self._trace else {})},
            timeout=step.timeout,
            log=log,
            masker=self._masker,
            show=self._reporter.step_output,
            cancelled=kill if step.always else stop,
            forced=kill,
            started=partial(leftovers.note, self._folder, step.name),
        )

    def _take(self, event: _Begun | _Ended | None) -> None:
        if isinstance(event, _Begun):
            self._recorder.started(event.step, event.log)
        elif event is not None:
            self._took(event)

    def _took(self, event: _Ended) -> None:
        name, ending = event.step.name, event.ending
        del self._running[name]
        self._mask(ending.error)
        self._recorder.ended(name, ending, event.tail)
        self._schedule.end(name, ending.result)
        if ending.result.bad and self._error is None:
            self._error, self._result = ending.error, ending.result

    def _drop(self, name: str, result: Result, reason: str) -> None:
        self._schedule.end(name, result)
        self._recorder.dropped(name, result, reason)

    def _hear_interrupts(self) -> None:
        stop, kill = self._interrupts.stop, self._interrupts.kill
        if stop.is_set():
            for step in self._schedule.cancel(everything=kill.is_set()):
                self._recorder.dropped(step.name, Result.CANCELLATION, stop.reason)

    def _collect_killed(self) -> None:
        """Wait for what has been killed; a function that doesn't listen is left to itself."""
        limit = time.monotonic() + ABANDON_SECONDS
        while self._running and (left := limit - time.monotonic()) > 0:
            try:
                event = self._events.get(timeout=left)
            except queue.Empty:
                break
            self._take(event)
        for name in self._running:
            error = CancelledError(f"{self._interrupts.kill.reason}; it did not stop")
            self._recorder.ended(name, Ending(Result.CANCELLATION, error))

    def _finish(self) -> Outcome:
        self._forget()
        stop = self._interrupts.stop
        if stop.is_set():
            interrupted = InterruptedRunError(stop.reason, hint="go on with --resume")
            return Outcome(self._recorder.finish(Result.CANCELLATION, stop.reason), interrupted)
        return Outcome(self._recorder.finish(self._result, ""), self._error)

    def _forget(self) -> None:
        """The end of all checks; what the user should know about them."""
        if self._uptodate is not None:
            self._uptodate.close()
            for text in self._uptodate.trouble:
                self._reporter.note(text)

    def _mask(self, error: FullcycleError | None) -> None:
        if error is not None:
            error.message = self._masker.mask(error.message)
            error.hint = self._masker.mask(error.hint)
            error.log_tail = self._masker.mask(error.log_tail)
            error.args = (error.message,)
