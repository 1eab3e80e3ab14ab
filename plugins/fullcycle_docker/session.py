"""Session: the way to HAProxy's runtime API through one program in its container.

The program stays, and HAProxy keeps the connection (its prompt mode), so that a question costs
one round trip to the Engine instead of the start of a program.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from socket import SHUT_RDWR
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import finalize

from fullcycle.haproxy import Channel

from .faults import translated
from .reach import MISSING, judge

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from .engine import Engine

SCRIPT = f"""\
if command -v nc > /dev/null; then
    exec nc "$1" "$2"
elif command -v bash > /dev/null; then
    exec bash -c 'exec 3<>"/dev/tcp/$1/$2" || exit; cat <&3 & exec cat >&3' bash "$@"
else
    exit {MISSING}
fi
"""
"""script HOST PORT: what comes in goes there, what comes from there goes out."""
IDLE_SECONDS = 60
"""How long HAProxy keeps a connection on which nobody asks anything."""
GREETING = ("prompt", f"set timeout cli {IDLE_SECONDS}")
PROMPT = b"\n> "
"""What an answer ends with."""
ANSWER_SECONDS = 10.0
HEADER = struct.Struct(">BxxxL")
"""Before every part of what a program writes: which stream, and how many bytes."""


class Session(Channel):
    """One connection for all questions, one after the other, whatever thread asks."""

    def __init__(self, engine: Engine, inside: str, port: int) -> None:
        """Remember; nothing is started before the first question.

        Args:
            engine: where.
            inside: HAProxy's container.
            port: where its runtime API listens on the container's loopback.
        """
        super().__init__(("127.0.0.1", port))
        self._engine = engine
        self._inside = inside
        self._at = ("127.0.0.1", port)
        self._mutex = Lock()
        self._connection: socket.socket | None = None
        self._end: Callable[[], object] | None = None

    def ask(self, question: str) -> str:
        """See Channel.ask.

        Raises:
            ToolMissingError: the container has neither `nc` nor `bash`.
        """
        with self._mutex:
            try:
                connection = self._connection or self._open()
                return self._exchange(connection, question)
            except BaseException:  # an answer that comes too late would be taken for the next one's
                self._close()
                raise

    def _open(self) -> socket.socket:
        host, port = self._at
        words = ["/bin/sh", "-c", SCRIPT, "sh", host, str(port)]
        api = self._engine.api
        with translated(f"starting a program in container {self._inside}"):
            made = api.exec_create(self._inside, words, stdin=True, stderr=False)["Id"]
            answer: Any = api.exec_start(made, socket=True)
        connection: socket.socket = getattr(answer, "_sock", answer)
        self._connection, self._end = connection, finalize(self, _hang_up, connection, answer)
        connection.settimeout(ANSWER_SECONDS)
        try:
            for word in GREETING:
                self._exchange(connection, word)
        except ConnectionError:
            judge(self._engine, self._inside, made, self._at)
            raise
        return connection

    def _close(self) -> None:
        self._connection = None
        if self._end:
            self._end()

    def _exchange(self, connection: socket.socket, question: str) -> str:
        connection.sendall(f"{question}\n".encode())
        said = b""
        while not said.endswith(PROMPT):
            said += self._part(connection)
        return said.removesuffix(PROMPT).decode() + "\n"

    def _part(self, connection: socket.socket) -> bytes:
        _, size = HEADER.unpack(self._exactly(connection, HEADER.size))
        return self._exactly(connection, size)

    def _exactly(self, connection: socket.socket, size: int) -> bytes:
        got = b""
        while len(got) < size:
            part = connection.recv(size - len(got))
            if not part:
                raise ConnectionResetError("the gateway has ended the connection")
            got += part
        return got


def _hang_up(connection: socket.socket, answer: Any) -> None:
    """Close the connection, and with it the program; the SDK's answer would keep it open."""
    with suppress(OSError):
        connection.shutdown(SHUT_RDWR)
    for each in (getattr(answer, "_response", None), answer, connection):
        with suppress(OSError):
            if each:
                each.close()
