"""Client: asks the deployed application, as its users would."""

from __future__ import annotations

import json
import secrets
import socket
import threading
import time
from base64 import b64encode
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


class Talk:
    """A websocket of the application's, for short messages."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), PATIENCE)
        self._file = self._socket.makefile("rb")
        key = b64encode(secrets.token_bytes(16)).decode()
        self._socket.sendall(
            f"GET /websocket HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = b"".join(iter(self._file.readline, b"\r\n"))
        assert head.startswith(b"HTTP/1.1 101 "), head

    def say(self, text: str) -> str:
        """Send a message; returns the answer, nothing when the websocket has been ended."""
        mask = secrets.token_bytes(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(text.encode()))
        text_frame, close_frame = 0x81, 0x88
        try:
            self._socket.sendall(bytes([text_frame, 0x80 | len(masked)]) + mask + masked)
            head = self._file.read(2)
            ended = len(head) < len(b"..") or head[0] == close_frame
            return "" if ended else self._file.read(head[1]).decode()
        except ConnectionError:
            return ""

    def close(self) -> None:
        """End it."""
        self._file.close()
        self._socket.close()


def versions(url: str, count: int = 12) -> set[str]:
    """The versions that answer."""
    return {str(json.loads(get(url)[1])["version"]) for _ in range(count)}


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
