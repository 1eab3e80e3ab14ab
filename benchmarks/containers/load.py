"""Load: 1,200 requests a second, over kept and new connections, GETs and POSTs, quick and slow."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.measure import BenchmarkError
from benchmarks.replace import Load

from .app import SLOW

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 110
"""Seconds after which the load ends by itself."""
AROUND = 1.0
"""Seconds of load before and after."""
POST = ("-m", "POST", "-d", "an order")
NEW = "-disable-keepalive"
MIX = (
    ("-c", "8", "-q", "100", "/"),
    ("-c", "2", "-q", "100", *POST, "/"),
    ("-c", "2", "-q", "100", NEW, "/"),
    ("-c", "1", *POST, SLOW),
    ("-c", "1", *POST, NEW, SLOW),
)
"""Workers, requests a second of each, and what they ask; the last two wait 2 s for each answer."""


def under_load(url: str, act: Callable[[], None]) -> tuple[Load, float]:
    """What the load saw while something was done, and the seconds that took."""
    with ExitStack() as stack:
        loads = [stack.enter_context(_hey(url, *words)) for words in MIX]
        try:
            time.sleep(AROUND)
            began = time.perf_counter()
            act()
            seconds = time.perf_counter() - began
            time.sleep(AROUND)
        finally:
            for load in loads:
                load.send_signal(signal.SIGINT)
            texts = [load.communicate(timeout=30)[0] for load in loads]
    seen = [read(text) for text in texts]
    return Load(sum(each.requests for each in seen), sum(each.failed for each in seen)), seconds


def read(text: str) -> Load:
    """What hey says it saw.

    Raises:
        BenchmarkError: it says nothing of requests.
    """
    statuses, _, errors = text.partition("Error distribution:")
    answers = [(int(status), int(count)) for status, count in re.findall(STATUS, statuses)]
    broken = sum(int(count) for count in re.findall(r"^\s+\[(\d+)\]", errors, re.MULTILINE))
    if not answers and not broken:
        raise BenchmarkError(f"hey reported no requests:\n{text[-2000:]}")
    refused = sum(count for status, count in answers if status != OK)
    return Load(sum(count for _, count in answers) + broken, refused + broken)


OK = 200
STATUS = r"\[(\d+)\]\s+(\d+) responses"


def _hey(url: str, *words: str) -> subprocess.Popen[str]:
    hey = shutil.which("hey")
    if hey is None:
        raise BenchmarkError("hey is not installed")
    *flags, path = words
    command = [hey, "-cpus", "1", "-z", f"{LONGEST}s", "-t", "20", *flags, f"{url}{path}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
