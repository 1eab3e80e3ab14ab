"""A run: steps in parallel, each as soon as it can, and a good end whatever happens."""

from __future__ import annotations

import os
import queue
import re
import shlex
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from fullcycle.errors import FullcycleError, InterruptedRunError
from fullcycle.model import Result, Run

from .attempt import Ending, perform
from .context import Context
from .graph import ranks, select, validate
from .interrupt import CancelledError, Interrupts
from .log import StepLog
from .record import Recorder, new_id
from .resume import done_before
from .schedule import Schedule
from .step import Command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fullcycle.report.reporter import Reporter

    from .ledger import Ledger
    from .mask import Masker
    from .step import Step
    from .trace import Trace

ABANDON_SECONDS = 2.0
"""How long a step that ignores its cancellation is waited for after the second signal."""


class Outcome(NamedTuple):
    """How a run ended."""

    run: Run
    error: FullcycleError | None
    """What the first failing step raised, or that the run was interrupted; its `code` is the
    exit code."""


class _Ended(NamedTuple):
    step: Step
    ending: Ending
    tail: str


def execute(
    steps: Sequence[Step],
    *,
    chain: str,
    root: Path,
    reporter: Reporter,
    ledger: Ledger | None,
    masker: Masker,
    jobs: int | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    resume: bool = False,
    dry: bool = False,
    environ: Mapping[str, str] | None = None,
    environment: str = "",
    revision: str = "",
    version: str = "",
    by: str = "",
    trace: Trace | None = None,
) -> Outcome:
    """Run the steps, at most `jobs` at a time, and record what becomes of them.

    A failing step stops those that need it; the others go on, and `always` steps run in any
    case. The first SIGINT or SIGTERM stops what runs and still runs `always` steps, the second
    ends everything at once.

    Args:
        steps: in the order they are shown and preferably started.
        chain: what was asked for, as it is recorded.
        root: the project's folder.
        reporter: shows the run.
        ledger: records it; without one, only the logs are kept.
        masker: hides secrets in everything shown, recorded and returned.
        jobs: steps at the same time; the number of cores when None.
        only: steps or stages to run, and no others.
        skip: steps or stages that count as done.
        resume: go on from the last run of the chain in this environment.
        dry: only show what would be done; nothing runs, nothing is written.
        environ: variables every command gets, beside the process' own.
        environment: where it deploys to, as it is recorded.
        revision: the git commit, as it is recorded.
        version: the application's version, as it is recorded.
        by: user@host, as it is recorded.
        trace: its place in a distributed trace, which every command is told.

    Raises:
        UsageError: the steps make no sense, a name is unknown, there is nothing to resume, or
            the ledger cannot be written. Nothing has run then.
    """
    validate(steps)
    chosen, skipped = select(steps, only, skip)
    reasons = dict.fromkeys(skipped, "--skip")
    if resume:
        reasons = {**done_before(ledger, chain, environment, chosen), **reasons}
    shown = _described(chosen, masker)
    run = Run(
        id=new_id(),
        chain=chain,
        result=Result.RUNNING,
        started=datetime.now(UTC),
        environment=environment,
        revision=revision,
        version=version,
        by=by,
    )
    if dry:
        planned = replace(run, result=Result.PENDING)
        reporter.run_planned(planned, [step for step in shown if step.name not in reasons])
        return Outcome(planned, None)
    recorder = Recorder(run, shown, root, reporter, ledger)
    execution = _Execution(
        shown,
        recorder,
        reporter,
        masker,
        root=root,
        environ={**(environ or {}), "FULLCYCLE_RUN": run.id},
        jobs=jobs or _cores(),
        trace=trace,
    )
    return execution.go(reasons)


class _Execution:
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
    ) -> None:
        self._steps = steps
        self._recorder = recorder
        self._reporter = reporter
        self._masker = masker
        self._root = root
        self._environ = environ
        self._jobs = jobs
        self._trace = trace
        self._schedule = Schedule(steps)
        self._running: dict[str, Step] = {}
        self._error: FullcycleError | None = None
        self._result = Result.SUCCESS
        self._events: queue.SimpleQueue[_Ended | None] = queue.SimpleQueue()
        self._interrupts = Interrupts(lambda: self._events.put(None))

    def go(self, done: Mapping[str, str]) -> Outcome:
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
            event = self._events.get()
            if event is not None:
                self._take(event)

    def _start(self) -> None:
        for step, reason in self._schedule.blocked():
            self._recorder.dropped(step.name, Result.SKIP, reason)
        if len(self._running) >= self._jobs:
            return
        for step in self._schedule.ready():
            self._running[step.name] = step
            log = f"{re.sub(r'[^A-Za-z0-9._-]+', '-', step.name)}.log"
            threading.Thread(target=self._work, args=(step, log), daemon=True).start()
            self._recorder.started(step, log)
            if len(self._running) >= self._jobs:
                return

    def _work(self, step: Step, log: str) -> None:
        try:
            file = StepLog(self._folder / log)
        except FullcycleError as error:
            self._events.put(_Ended(step, Ending(Result.FAILURE, error), ""))
            return
        ending = perform(step, lambda: self._context(step, file))
        file.close()
        self._events.put(_Ended(step, ending, file.tail))

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
        )

    def _take(self, event: _Ended) -> None:
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
            if event is not None:
                self._take(event)
        for name in self._running:
            error = CancelledError(f"{self._interrupts.kill.reason}; it did not stop")
            self._recorder.ended(name, Ending(Result.CANCELLATION, error))

    def _finish(self) -> Outcome:
        stop = self._interrupts.stop
        if stop.is_set():
            interrupted = InterruptedRunError(stop.reason, hint="go on with --resume")
            return Outcome(self._recorder.finish(Result.CANCELLATION, stop.reason), interrupted)
        return Outcome(self._recorder.finish(self._result, ""), self._error)

    def _mask(self, error: FullcycleError | None) -> None:
        if error is not None:
            error.message = self._masker.mask(error.message)
            error.hint = self._masker.mask(error.hint)
            error.log_tail = self._masker.mask(error.log_tail)
            error.args = (error.message,)


def _described(steps: Sequence[Step], masker: Masker) -> tuple[Step, ...]:
    """The steps in the order they can run, each with words for what it does."""
    rank = ranks(steps)
    return tuple(
        replace(step, describe=masker.mask(_description(step)))
        for step in sorted(steps, key=lambda step: rank[step.name])
    )


def _description(step: Step) -> str:
    if step.describe or not isinstance(step.action, Command):
        return step.describe
    command = step.action.run
    return command if isinstance(command, str) else shlex.join(command)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
