"""A step's log file, written as the step goes on."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from fullcycle.errors import StepError

from .lines import Tail

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class StepLog:
    """One file of mode 0600, and its last lines in memory.

    Raises:
        StepError: the file cannot be written (the disk is full).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tail = Tail()
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        self._file = os.fdopen(handle, "wb", buffering=0)

    @property
    def tail(self) -> str:
        """The last lines."""
        return self._tail.text

    def write(self, text: str) -> None:
        """Add whole lines; the newline of the last one is left off."""
        self._tail.add(text)
        rest = memoryview(f"{text}\n".encode(errors="backslashreplace"))
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise self._unwritable(error) from error

    def close(self) -> None:
        """Nothing more comes."""
        with suppress(OSError):
            self._file.close()

    def _unwritable(self, error: OSError) -> StepError:
        return StepError(
            f"cannot write the log {self._path}: {error.strerror or error}",
            hint="free some space, or make the folder writable",
        )


def file_names(steps: Iterable[str]) -> dict[str, str]:
    """The name of every step's log; no two are the same, whatever letters a file may have."""
    found: dict[str, str] = {}
    for step in steps:
        plain = base = re.sub(r"[^A-Za-z0-9._-]+", "-", step).strip("-")
        number = 2
        while f"{plain}.log" in found.values():
            plain = f"{base}-{number}"
            number += 1
        found[step] = f"{plain}.log"
    return found
