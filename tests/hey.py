"""Load by hey: what its users saw."""

from __future__ import annotations

import re
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

RATE = 100
"""Requests per second of each worker, unless told otherwise: what two cores serve besides."""


@dataclass
class Load:
    """What hey reports when it has ended."""

    text: str = ""

    @property
    def statuses(self) -> dict[str, int]:
        """How often each status was answered."""
        found = re.findall(r"\[(\d+)\]\s+(\d+) responses", self.text)
        return {status: int(count) for status, count in found}

    def assert_whole(self) -> None:
        """Not one request failed."""
        assert "Error distribution" not in self.text, self.text
        assert self.statuses.keys() == {"200"}, self.text
        assert self.statuses["200"] > 20
        print(f"{self.statuses['200']} requests, 0 failed")  # noqa: T201 (what was measured)


@contextmanager
def hey(*arguments: str, rate: int = RATE) -> Iterator[Load]:
    """Load while the block runs."""
    load = Load()
    command = ["hey", "-z", "600s", "-c", "4", "-q", str(rate), "-t", "20", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield load
        finally:
            process.send_signal(signal.SIGINT)
            load.text = process.stdout.read()
