"""A command's output as lines: decoded, masked, and cut where a line never ends."""

from __future__ import annotations

import codecs
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LONGEST = 64 * 1024
"""Characters after which a line is cut."""
TAIL_LINES = 60
TAIL_WIDTH = 1000


class Lines:
    r"""Turns blocks of bytes into whole lines and passes them on, block by block.

    What is not UTF-8 is kept as `\xNN`. Of what a carriage return overwrote, only the last
    state is kept, as on a terminal. Memory stays flat whatever comes in.
    """

    def __init__(self, mask: Callable[[str], str], write: Callable[[Sequence[str]], None]) -> None:
        self._mask = mask
        self._write = write
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._pending = ""
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)

    @property
    def tail(self) -> str:
        """The last lines, masked."""
        return "\n".join(line[:TAIL_WIDTH] for line in self._tail)

    def feed(self, block: bytes) -> None:
        """Take in a block of output."""
        whole, newline, rest = self._decoder.decode(block).rpartition("\n")
        if newline:
            self._pass_on(self._pending + whole)
            self._pending = rest
        else:
            self._pending += rest
        self._shorten()

    def close(self) -> None:
        """Pass on what came without a newline at its end."""
        rest = self._pending + self._decoder.decode(b"", final=True)
        self._pending = ""
        if rest:
            self._pass_on(rest)

    def _pass_on(self, text: str) -> None:
        text = self._mask(text)
        lines = text.split("\n")
        if "\r" in text:
            lines = [line.rstrip("\r").rpartition("\r")[2] for line in lines]
        if len(text) > LONGEST:
            lines = [piece for line in lines for piece in _pieces(line)]
        self._tail.extend(lines[-TAIL_LINES:])
        self._write(lines)

    def _shorten(self) -> None:
        if "\r" in self._pending[:-1]:
            self._pending = self._pending[self._pending.rindex("\r", 0, -1) + 1 :]
        while len(self._pending) > 2 * LONGEST:
            # Masked before it is cut, and cut far from its end, so that no cut splits a secret.
            masked = self._mask(self._pending)
            self._pass_on(masked[:LONGEST])
            self._pending = masked[LONGEST:]


def _pieces(line: str) -> list[str]:
    return [line[at : at + LONGEST] for at in range(0, len(line), LONGEST)] or [""]
