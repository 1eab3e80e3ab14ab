"""A bench outside of any run: one command whose output goes straight to the terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from fullcycle.errors import StepError

from .interrupt import CancelledError, Interrupts
from .process import run_command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fullcycle.providers import Completed

    from .mask import Masker


class DirectBench:
    """What `operate.run` and `operate.exec` lend to a provider."""

    def __init__(self, root: Path, masker: Masker) -> None:
        self._root = root
        self._masker = masker
        self._interrupts = Interrupts(wake=lambda: None)

    def log(self, line: str) -> None:
        """Say it on standard error: standard output is the command's."""
        sys.stderr.write(self._masker.mask(line) + "\n")

    def output(self, line: str) -> None:
        """Write it where the command would have written it itself."""
        _write(self._masker.mask(line))

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        check: bool = True,
    ) -> Completed:
        """Run a command; its output appears as it comes, masked.

        Raises:
            StepError: it failed, when `check` is on.
        """
        with self._interrupts as interrupts:
            completed = run_command(
                command,
                cwd=cwd or self._root,
                env={**os.environ, **(env or {})},
                timeout=timeout,
                write=_write,
                cancelled=interrupts.stop,
                forced=interrupts.kill,
                mask=self._masker.stream(),
            )
        if check and completed.exit_code:
            raise StepError(f"exit code {completed.exit_code}", log_tail=completed.tail)
        return completed

    def checkpoint(self) -> None:
        """Raise when Ctrl-C was pressed."""
        if self._interrupts.stop.is_set():
            raise CancelledError(self._interrupts.stop.reason)


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
