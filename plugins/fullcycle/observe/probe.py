"""Probing endpoints from here: do they answer, how fast, how long is their certificate good.

An endpoint is asked directly, without a proxy and without following redirects: any answer
from 200 to 399 counts as up, unless something else is said to be right.
"""

from __future__ import annotations

import re
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from math import ceil
from statistics import median
from threading import Timer
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .measured import reading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from urllib.parse import SplitResult

    from fullcycle.model import Reading

TIMEOUT = 5.0
"""Seconds one endpoint may take (Kamal's default)."""
AT_ONCE = 16
"""Endpoints probed at the same time."""
UP = range(200, 400)
BODY = 65536
"""Bytes of an answer that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked, and which answer is right."""

    url: str
    """Whole; the subject of its readings."""
    status: Collection[int] = UP
    contains: str = ""
    """A text that the answer must contain."""
    matches: str = ""
    """A regular expression that must be found in it."""
    timeout: float = TIMEOUT
    """Seconds to connect, and then to answer."""
    times: int = 1
    """How often, one after another."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def reads(self) -> bool:
        """Whether the answer's text matters."""
        return bool(self.contains or self.matches)

    def fits(self, text: str) -> bool:
        """Whether the answer's text is right."""
        return self.contains in text and bool(re.search(self.matches, text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of asking once."""

    seconds: float
    status: int
    fits: bool
    expiry: float | None
    """Seconds that the certificate is good for."""


def probe(asks: Sequence[Ask]) -> list[Reading]:
    """Ask all endpoints at the same time.

    Returns:
        For every endpoint `up` (1 when all its answers were right, or 0); when it answered each
        time `response_seconds` (the median), asked several times `response_p95_seconds`,
        `response_status` (a wrong one, if any), where the text matters `response_matches`; over
        https `tls_expiry_seconds`, the time its certificate is good for.
    """
    if not asks:
        return []
    with ThreadPoolExecutor(min(AT_ONCE, len(asks))) as pool:
        found = pool.map(lambda ask: list(_probe(ask)), asks)
        return [each for readings in found for each in readings]


def down(subject: str) -> Reading:
    """The reading of an endpoint that does not answer."""
    return _reading("up", 0, "count", subject)


def _probe(ask: Ask) -> Iterator[Reading]:
    try:
        answers = [_answer(ask) for _ in range(ask.times)]
    except (OSError, HTTPException, ValueError):
        yield down(ask.url)
        return
    right = [each.status in ask.status and each.fits for each in answers]
    shown = answers[right.index(min(right))]
    seconds = sorted(each.seconds for each in answers)
    yield _reading("up", all(right), "count", ask.url)
    yield _reading("response_seconds", median(seconds), "seconds", ask.url)
    if ask.times > 1:
        slow = seconds[ceil(len(seconds) * 0.95) - 1]
        yield _reading("response_p95_seconds", slow, "seconds", ask.url)
    yield _reading("response_status", shown.status, "count", ask.url)
    if ask.reads:
        yield _reading("response_matches", shown.fits, "count", ask.url)
    if shown.expiry is not None:
        yield _reading("tls_expiry_seconds", shown.expiry, "seconds", ask.url)


def _answer(ask: Ask) -> Answer:
    """Ask once.

    Raises:
        OSError, HTTPException, ValueError: nobody answers, or nothing that makes sense.
    """
    began = monotonic()
    parts = urlsplit(ask.url)
    with _connected(parts, ask.timeout) as connection:
        expiry = _expiry(connection.sock)
        headers = {"User-Agent": "fullcycle", **ask.headers}
        connection.request("GET", _path(parts), headers=headers)
        answer = connection.getresponse()
        text = answer.read(BODY).decode(errors="replace")
    return Answer(
        seconds=monotonic() - began,
        status=answer.status,
        fits=ask.fits(text),
        expiry=expiry,
    )


@contextmanager
def _connected(parts: SplitResult, timeout: float) -> Iterator[HTTPConnection]:
    """A connection that is cut when its time is over, even while the answer drips in."""
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    with closing(connection):
        connection.connect()
        limit = Timer(timeout, _cut, (connection.sock,))
        limit.daemon = True
        limit.start()
        try:
            yield connection
        finally:
            limit.cancel()


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _expiry(connection: socket.socket) -> float | None:
    if not isinstance(connection, ssl.SSLSocket):
        return None
    ends = (connection.getpeercert() or {}).get("notAfter")
    return ssl.cert_time_to_seconds(str(ends)) - datetime.now(UTC).timestamp() if ends else None


def _reading(metric: str, value: float, unit: str, subject: str) -> Reading:
    return reading(metric, value, unit, subject, datetime.now(UTC))
