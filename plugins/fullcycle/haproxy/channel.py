"""The way to HAProxy's runtime API."""

from __future__ import annotations

import socket
from pathlib import Path


class Channel:
    """One question and its answer a connection."""

    def __init__(self, address: Path | tuple[str, int], timeout: float = 5.0) -> None:
        """Remember; nothing is connected before the first question.

        Args:
            address: a unix socket, or host and port.
            timeout: seconds that connecting and every part of the answer may take.
        """
        self._address = address
        self._timeout = timeout

    def ask(self, question: str) -> str:
        """Send a line (or a line with its payload) and return all that comes back.

        Raises:
            OSError: nobody answers there in time.
        """
        with self._connect() as connection:
            connection.sendall(f"{question}\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        return answer.decode()

    def _connect(self) -> socket.socket:
        if not isinstance(self._address, Path):
            return socket.create_connection(self._address, self._timeout)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(self._timeout)
            connection.connect(str(self._address))
        except OSError:
            connection.close()
            raise
        return connection
