"""KitBench: what a step lends to a provider, for tests."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.providers import Completed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class KitBench:
    """Runs commands and keeps what they wrote."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.lines: list[str] = []

    def log(self, line: str) -> None:
        """See Bench.log."""
        self.lines.append(line)

    def output(self, line: str) -> None:
        """See Bench.output."""
        self.lines.append(line)

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
        done = subprocess.run(
            list(command),
            cwd=cwd or self._root,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout or 60.0,
            check=False,
        )
        self.lines += done.stdout.splitlines()
        if check and done.returncode:
            raise StepError(f"{command[0]} ended with {done.returncode}", log_tail=done.stdout)
        code = done.returncode if done.returncode >= 0 else 128 - done.returncode
        return Completed(exit_code=code, tail=done.stdout)

    def checkpoint(self) -> None:
        """See Bench.checkpoint: nothing is ever cancelled."""
