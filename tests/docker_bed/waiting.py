"""Waiting for what has to come, with a limit."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def until(true: Callable[[], object], what: str, log: Path | None = None) -> None:
    """Wait up to 30 s, and say in vain for what."""
    deadline = time.monotonic() + 30
    while not true():
        if time.monotonic() > deadline:
            tail = log.read_text()[-2000:] if log else ""
            raise AssertionError(f"waited 30 s for {what}\n{tail}")
        time.sleep(0.05)


def answer(url: str) -> str:
    """What is served at an address, as soon as something is."""
    until(lambda: got(url) is not None, f"an answer from {url}")
    return got(url) or ""


def got(url: str) -> str | None:
    with suppress(OSError), urlopen(url, timeout=5) as response:  # noqa: S310 (always http)
        return str(response.read().decode())
    return None
