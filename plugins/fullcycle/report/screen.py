"""A place to write to that may go away, be no terminal, or know few letters."""

from __future__ import annotations

import os
import stat
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "dim": "2", "bold": "1"}


class Screen:
    """Writes text as well as the stream can take it; a closed stream is no error.

    May be used by several threads; what is written at once stays together.
    """

    def __init__(self, stream: TextIO | None, environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        self.stream = stream
        self.quote: Callable[[str], str] = str
        """Makes a line harmless where control lines may be written beside it."""
        self._lock = threading.RLock()
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        terminal = self.isatty() and environ.get("TERM") != "dumb"
        self.interactive = terminal and self._knows("✓…")
        self.coloured = terminal and not environ.get("NO_COLOR")

    def line(self, text: str = "", colour: str = "") -> None:
        """Write a line, or several."""
        self.write(f"{self.paint(self.quote(text), colour)}\n")

    def paint(self, text: str, colour: str) -> str:
        """The text in a colour, where there are colours."""
        if not (colour and text and self.coloured):
            return text
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"

    def write(self, text: str) -> int:
        """Write text as it is."""
        with self._lock:
            if self.stream is not None:
                try:
                    self.stream.write(self._writable(text))
                    self.stream.flush()
                except (OSError, ValueError):
                    self._give_up()
        return len(text)

    def flush(self) -> None:
        """Everything is written already."""

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        try:
            return self.stream is not None and self.stream.isatty()
        except ValueError:
            return False

    @property
    def is_file(self) -> bool:
        """Whether what is written stays, as in `> run.log`."""
        try:
            return stat.S_ISREG(os.fstat(self.fileno()).st_mode)
        except (OSError, ValueError):
            return False

    def fileno(self) -> int:
        """The stream's descriptor."""
        if self.stream is None:
            raise OSError("nobody reads this any more")
        return self.stream.fileno()

    def as_file(self) -> IO[str]:
        """The screen where a file is asked for: it has what it takes to be written to."""
        return cast("IO[str]", self)

    def _writable(self, text: str) -> str:
        if self._knows(text):
            return text
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def _knows(self, text: str) -> bool:
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True

    def _give_up(self) -> None:
        """Nobody reads any more: whatever Python still holds for the stream goes nowhere."""
        stream, self.stream = self.stream, None
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if stream is not None:
                os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
