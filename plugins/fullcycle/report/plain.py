"""A run as plain lines: in files, on CI servers, and wherever there is no terminal."""

from __future__ import annotations

import threading
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING

from .summary import show_plan, summarize
from .words import WIDTH, heading, log_of, told, word_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.ci.server import Server
    from fullcycle.model import Run, StepRecord
    from fullcycle.pipeline.step import Step

    from .screen import Screen

IN_MEMORY = 1024 * 1024
"""Bytes of a step's output kept in memory until it is its turn; the rest waits in a file."""


class Plain:
    """A line when a step begins and one when it ends; its last lines when it fails.

    When all output is wanted (verbose, on a CI server, or because the step is there to show
    something), the step that began first streams; those beside it wait with what they have
    written until it has ended. So nothing interleaves.
    """

    def __init__(self, screen: Screen, *, verbose: bool, server: Server | None = None) -> None:
        self._screen = screen
        self._verbose = verbose or server is not None
        self._server = server
        if server:
            screen.quote = server.dialect.disarm
        self._lock = threading.RLock()
        self._run_id = ""
        self._shown: set[str] = set()
        self._speaker = ""
        self._waiting: dict[str, IO[str]] = {}
        self._ended: dict[str, tuple[StepRecord, str]] = {}
        """Steps that have ended and wait for their turn to be shown, with their last lines."""
        self._later: list[StepRecord] = []
        """Steps that never ran and wait until the word is free."""

    def run_planned(self, run: Run, steps: Sequence[Step]) -> None:
        """See Reporter."""
        show_plan(run, steps, self._screen)

    def run_started(self, run: Run, steps: Sequence[Step]) -> None:
        """See Reporter."""
        self._run_id = run.id
        self._shown = {step.name for step in steps if self._verbose or step.show}
        if self._server and not self._screen.is_file:
            self._screen.write(self._server.begin())
        self._screen.line(heading(run, steps))

    def step_started(self, step: Step) -> None:
        """See Reporter."""
        with self._lock:
            if step.name not in self._shown:
                self._screen.line(self._status("start", step.name))
            else:
                self._wait(step.name)
                self._next()

    def step_output(self, name: str, text: str) -> None:
        """See Reporter."""
        if name in self._shown:
            said = self._server.dialect.disarm_inside(text) if self._server else text
            with self._lock:
                if self._speaker == name:
                    self._screen.write(f"{said}\n")
                else:
                    self._wait(name).write(f"{said}\n")

    def step_finished(self, record: StepRecord, tail: str) -> None:
        """See Reporter."""
        with self._lock:
            if record.name == self._speaker:
                self._end_speech(record, tail)
                self._next()
            elif record.name in self._waiting:
                self._ended[record.name] = (record, tail)
            elif self._speaker and self._verbose:
                self._later.append(record)
            else:
                self._told(record, tail)

    def run_finished(self, run: Run) -> None:
        """See Reporter."""
        with self._lock:
            if self._server:
                self._screen.write(self._server.dialect.heading(run.chain))
            summarize(run, self._screen)
            if self._server:
                self._screen.write(self._server.end(run))

    def note(self, text: str) -> None:
        """See Reporter."""
        self._screen.line(f"note: {text}", "yellow")

    def _wait(self, name: str) -> IO[str]:
        if name not in self._waiting:
            self._waiting[name] = SpooledTemporaryFile(  # noqa: SIM115 (closed by _begin_speech)
                IN_MEMORY, "w+", encoding="utf-8", errors="backslashreplace", newline="\n"
            )
        return self._waiting[name]

    def _next(self) -> None:
        """Give the word to the next one, once nobody has it; those that have ended come first."""
        while not self._speaker and self._waiting:
            name = next((n for n in self._waiting if n in self._ended), next(iter(self._waiting)))
            self._begin_speech(name)
            if name in self._ended:
                self._end_speech(*self._ended.pop(name))

    def _begin_speech(self, name: str) -> None:
        self._speaker = name
        if self._server:
            self._screen.write(self._server.dialect.open(name))
        else:
            self._screen.line(self._status("start", name))
        with self._waiting.pop(name) as waiting:
            waiting.seek(0)
            while text := waiting.read(IN_MEMORY):
                self._screen.write(text)

    def _end_speech(self, record: StepRecord, tail: str) -> None:
        if self._server:
            self._screen.write(self._server.dialect.close(failed=record.result.bad))
        self._speaker = ""
        self._told(record, tail if self._server else "")
        for other in self._later:
            self._told(other)
        self._later.clear()

    def _told(self, record: StepRecord, tail: str = "") -> None:
        """Say how a step ended; where its output is not in sight, with its last lines."""
        if self._server:
            self._server.note(record, tail)
        word = word_of(record)
        lines = [self._status(word.text, told(record), word.colour)]
        if record.result.bad and record.started:
            lines += [f"    | {line}" for line in tail.split("\n") if tail]
            lines.append(f"    log: {log_of(self._run_id, record)}")
        self._screen.line("\n".join(lines))

    def _status(self, word: str, text: str, colour: str = "") -> str:
        return f"  {self._screen.paint(f'{word:{WIDTH}}', colour)}  {text}"
