"""Shift: what a task that goes on until it is told to stop lends to the steps it takes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.pipeline.interrupt import CancelledError, Interrupts
from fullcycle.pipeline.process import run_command
from fullcycle.report.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fullcycle.project import Project
    from fullcycle.providers import Completed


class Shift:
    """A StepContext without a run.

    The first SIGINT or SIGTERM lets what is under way come to its end, the second breaks it off.
    """

    exit_code: int | None = None

    def __init__(self, name: str, project: Project, interrupts: Interrupts) -> None:
        self.name = name
        self.root = project.root
        self.environ: Mapping[str, str] = project.facts()
        self.summary = ""
        self._mask = project.masker.stream()
        self._interrupts = interrupts
        self._screen = Screen(sys.stdout)

    def log(self, line: str) -> None:
        """Write a line, masked."""
        self._screen.line(self._mask(line))
        if self._screen.stream is not None:
            self._screen.stream.flush()

    def output(self, line: str) -> None:
        """The same: there is no other place."""
        self.log(line)

    def summarize(self, text: str) -> None:
        """Remember what was achieved."""
        self.summary = text

    def checkpoint(self) -> None:
        """Raise when a second signal asks for an end at once."""
        if self._interrupts.kill.is_set():
            raise CancelledError(self._interrupts.kill.reason)

    def over(self, seconds: float) -> bool:
        """Wait so long at most; whether it is time to stop."""
        return self._interrupts.stop.wait(seconds)

    @property
    def ending(self) -> str:
        """Why it stops; empty while it doesn't."""
        return self._interrupts.stop.reason

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        check: bool = True,
    ) -> Completed:
        """See Bench.run."""
        done = run_command(
            command,
            cwd=cwd or self.root,
            env={**os.environ, **self.environ, **(env or {})},
            timeout=timeout,
            write=self.log,
            cancelled=self._interrupts.kill,
            mask=self._mask,
        )
        if check and done.exit_code:
            raise StepError(f"{command[0]} exited with {done.exit_code}", log_tail=done.tail)
        return done
