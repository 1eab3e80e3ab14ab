"""What a step is lent while it runs: commands, a log, and a word on how much time is left."""

from __future__ import annotations

import os
import shlex
import time
from typing import TYPE_CHECKING

from fullcycle.errors import StepError

from .interrupt import CancelledError, Flag, TimedOutError
from .process import run_command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fullcycle.providers import Completed

    from .log import StepLog
    from .mask import Masker


class Context:
    """The StepContext of one attempt of one step. For one thread."""

    def __init__(
        self,
        name: str,
        *,
        root: Path,
        environ: Mapping[str, str],
        timeout: float | None,
        log: StepLog,
        masker: Masker,
        show: Callable[[str, str], None],
        cancelled: Flag,
        forced: Flag,
        started: Callable[[int], object] = lambda _: None,
    ) -> None:
        self.name = name
        self.root = root
        self.environ = environ
        self.summary = ""
        self.exit_code: int | None = None
        """What the last command exited with."""
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout if timeout is not None else None
        self._log = log
        self._mask = masker.stream()
        self._show = show
        self._cancelled = cancelled
        self._forced = forced
        self._started = started
        self._last_tail = ""

    def log(self, line: str) -> None:
        """Add a line to the step's log."""
        self._write(self._mask(line))

    def output(self, line: str) -> None:
        """Add a line that a command wrote elsewhere."""
        self.log(line)

    def quote(self, tail: str) -> None:
        """Add the log tail that came with an error, unless a command here has just written it."""
        if tail != self._last_tail:
            for line in tail.splitlines():
                self.log(line)

    def summarize(self, text: str) -> None:
        """Say in a few words what was achieved, for the summary table."""
        self.summary = self._mask(" ".join(text.split()))

    def checkpoint(self) -> None:
        """Raise CancelledError if the step is to stop, TimedOutError if its time is over."""
        if self._cancelled.is_set():
            raise CancelledError(self._cancelled.reason)
        if self.overdue:
            raise self._timed_out()

    def pause(self, seconds: float) -> bool:
        """Do nothing for a while; whether that was all: not when the step is to stop."""
        return not self._cancelled.wait(seconds)

    @property
    def overdue(self) -> bool:
        """Whether the step's time is over."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def run(
        self,
        command: str | Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        check: bool = True,
    ) -> Completed:
        """Run a command in the step's name; see Bench. A string is read by a shell."""
        self.checkpoint()
        try:
            done = run_command(
                command,
                cwd=cwd or self.root,
                env={**os.environ, **self.environ, **(env or {})},
                timeout=self._limit(timeout),
                write=self._write,
                cancelled=self._cancelled,
                forced=self._forced,
                mask=self._mask,
                started=self._started,
            )
        except TimedOutError as error:
            self._last_tail = error.log_tail
            if self.overdue:
                raise self._timed_out(error.log_tail) from error
            raise
        self._last_tail = done.tail
        self.exit_code = done.exit_code
        if check and done.exit_code:
            shown = command if isinstance(command, str) else shlex.join(command)
            raise StepError(
                self._mask(f"`{shown}` exited with {done.exit_code}"), log_tail=done.tail
            )
        return done

    def _limit(self, timeout: float | None) -> float | None:
        left = self._deadline - time.monotonic() if self._deadline is not None else None
        limits = [limit for limit in (timeout, left) if limit is not None]
        return max(0.0, min(limits)) if limits else None

    def _timed_out(self, log_tail: str = "") -> TimedOutError:
        return TimedOutError(f"took longer than {self._timeout:g} s", log_tail=log_tail)

    def _write(self, text: str) -> None:
        self._log.write(text)
        self._show(self.name, text)
