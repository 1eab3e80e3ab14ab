"""Client: asks the deployed application, as its users would."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 30.0
"""Seconds that something which must happen may take on a busy machine."""


def get(url: str, timeout: float = 20.0) -> tuple[int, str]:
    """The status and text of an answer, over a connection of its own."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", f"{parts.path or '/'}?{parts.query}")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def versions(url: str, count: int = 12) -> set[str]:
    """The versions that answer."""
    return {str(json.loads(get(url)[1])["version"]) for _ in range(count)}


def processes(url: str, count: int = 24) -> set[int]:
    """The process ids that answer; of containers they may all be 1."""
    return {int(json.loads(get(url)[1])["pid"]) for _ in range(count)}


def answers(url: str) -> bool:
    """Whether anybody answers there."""
    try:
        get(url, timeout=2.0)
    except (OSError, HTTPException):
        return False
    return True


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds, at most PATIENCE seconds."""
    limit = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < limit, f"{what}: not within {PATIENCE:g} s"
        time.sleep(0.05)


@contextmanager
def visitors(url: str, count: int = 4) -> Iterator[list[str]]:
    """Users who keep asking while the block runs; yields what went wrong for them."""
    over = threading.Event()
    trouble: list[str] = []

    def visit() -> None:
        while not over.is_set():
            try:
                status, text = get(url)
            except (OSError, HTTPException) as error:
                trouble.append(f"{type(error).__name__}: {error}")
            else:
                if status != 200:
                    trouble.append(f"{status}: {text[:100]}")
            over.wait(0.005)

    threads = [threading.Thread(target=visit) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield trouble
    finally:
        over.set()
        for thread in threads:
            thread.join()
