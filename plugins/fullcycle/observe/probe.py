"""Probing endpoints from here: do they answer, how fast, how long is their certificate good.

An endpoint is asked directly, without a proxy and without following redirects: any answer
from 200 to 399 counts as up.
"""

from __future__ import annotations

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fullcycle.model import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from urllib.parse import SplitResult

TIMEOUT = 5.0
"""Seconds one endpoint may take (Kamal's default)."""
AT_ONCE = 16
"""Endpoints probed at the same time."""
UP = range(200, 400)
BODY = 65536
"""Bytes of an answer that are read."""


def probe(endpoints: Sequence[str], timeout: float = TIMEOUT) -> list[Reading]:
    """Ask all endpoints at the same time.

    Args:
        endpoints: URLs.
        timeout: seconds that each may take to connect, and then to answer.

    Returns:
        For every endpoint `up` (1 or 0); when it answered `response_seconds` and
        `response_status`; over https `tls_expiry_seconds`, the time its certificate is good for.
    """
    if not endpoints:
        return []
    with ThreadPoolExecutor(min(AT_ONCE, len(endpoints))) as pool:
        found = pool.map(lambda url: list(_probe(url, timeout)), endpoints)
        return [reading for readings in found for reading in readings]


def down(subject: str) -> Reading:
    """The reading of an endpoint that does not answer."""
    return _reading("up", 0, "count", subject)


def _probe(url: str, timeout: float) -> Iterator[Reading]:
    began = monotonic()
    try:
        parts = urlsplit(url)
        with _connected(parts, timeout) as connection:
            expiry = _expiry(connection.sock)
            connection.request("GET", _path(parts), headers={"User-Agent": "fullcycle"})
            answer = connection.getresponse()
            answer.read(BODY)
            seconds = monotonic() - began
    except (OSError, HTTPException, ValueError):
        yield down(url)
        return
    yield _reading("up", answer.status in UP, "count", url)
    yield _reading("response_seconds", seconds, "seconds", url)
    yield _reading("response_status", answer.status, "count", url)
    if expiry is not None:
        yield _reading("tls_expiry_seconds", expiry, "seconds", url)


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
    return Reading(
        metric=metric, value=float(value), unit=unit, subject=subject, at=datetime.now(UTC)
    )
