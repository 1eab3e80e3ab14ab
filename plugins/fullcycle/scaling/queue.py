"""The length of a queue: a number that a command prints or a URL answers with."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from fullcycle.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.model import Queue

SECONDS = 10.0
"""That the answer may take."""
MOST = 1_000_000
"""Bytes of an answer that are read."""


def length(queue: Queue, run: Callable[[str], str]) -> float:
    """How many entries wait.

    Args:
        queue: where it is read.
        run: runs a shell command and returns what it wrote.

    Raises:
        StepError: there is no answer, or no number of 0 and more in it.
    """
    if queue.run:
        return _number(run(queue.run), queue.value, f"`{queue.run}`")
    return _number(_answer(queue.url), queue.value, queue.url)


def _answer(url: str) -> str:
    request = Request(url, headers={"Accept": "application/json, text/plain"})  # noqa: S310 (http)
    try:
        with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 (settings allow http only)
            text: str = answer.read(MOST).decode(errors="replace")
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise StepError(f"no answer from the queue at {url}: {reason}") from error
    return text


def _number(text: str, path: str, where: str) -> float:
    """The number in a text: in all of it at the path, or in its last line."""
    try:
        found: Any = json.loads(text if path else text.strip().rpartition("\n")[2])
        for key in filter(None, path.split(".")):
            found = found[int(key)] if isinstance(found, list) else found[key]
        number = float(found)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        wanted = f"a number at {path!r}" if path else "a number"
        raise StepError(
            f"{where} should answer with {wanted}, not {text.strip()[:60]!r}"
        ) from error
    if not isfinite(number) or number < 0:
        raise StepError(f"{where} should answer with a number of 0 and more, not {number:g}")
    return number
