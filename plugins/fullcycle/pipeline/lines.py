"""A command's output as lines: decoded, masked, and cut where a line never ends."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 64 * 1024
"""Characters after which a line is cut."""
TAIL_LINES = 60
TAIL_WIDTH = 1000
TAIL_CHARACTERS = LONGEST
_LONG_LINE = re.compile(rf"[^\n]{{{LONGEST}}}(?=[^\n])")


class Tail:
    """The last lines of a text that is too long to keep."""

    def __init__(self) -> None:
        self._text = ""

    def add(self, text: str) -> None:
        """Take in some whole lines; the newline of the last one is left off."""
        self._text = f"{self._text}\n{text}"[-TAIL_CHARACTERS:] if self._text else text

    @property
    def text(self) -> str:
        """At most 60 lines, none of them endless."""
        return "\n".join(line[:TAIL_WIDTH] for line in self._text.split("\n")[-TAIL_LINES:])


class Lines:
    r"""Turns blocks of bytes into text of whole lines, and passes it on block by block.

    What is not UTF-8 is kept as `\xNN`. Of what a carriage return overwrote, only the last
    state is kept, as on a terminal. Memory stays flat whatever comes in.
    """

    def __init__(self, mask: Callable[[str], str], write: Callable[[str], None]) -> None:
        self._mask = mask
        self._write = write
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._pending = ""
        self._tail = Tail()

    @property
    def tail(self) -> str:
        """The last lines, masked."""
        return self._tail.text

    def feed(self, block: bytes) -> None:
        """Take in a block of output."""
        whole, newline, rest = self._decoder.decode(block).rpartition("\n")
        if newline:
            self._pass_on(self._mask(self._pending + whole))
            self._pending = rest
        else:
            self._pending += rest
        self._shorten()

    def close(self) -> None:
        """Pass on what came without a newline at its end."""
        rest = self._pending + self._decoder.decode(b"", final=True)
        self._pending = ""
        if rest:
            self._pass_on(self._mask(rest))

    def _pass_on(self, text: str) -> None:
        if "\r" in text:
            lines = text.split("\n")
            text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
        if _has_long_line(text):
            text = _LONG_LINE.sub(r"\g<0>\n", text)
        self._tail.add(text)
        self._write(text)

    def _shorten(self) -> None:
        if "\r" in self._pending[:-1]:
            self._pending = self._pending[self._pending.rindex("\r", 0, -1) + 1 :]
        if len(self._pending) > 4 * LONGEST:
            # Masked before it is cut, and cut far from its end, so that no cut splits a secret.
            masked = self._mask(self._pending)
            cut = max(1, len(masked) // LONGEST - 1) * LONGEST
            self._pass_on(masked[:cut])
            self._pending = masked[cut:]


def _has_long_line(text: str) -> bool:
    """Whether some line is longer than LONGEST (or nearly so): cheaper than looking at each."""
    half = LONGEST // 2
    return any("\n" not in text[at : at + half] for at in range(0, len(text) - half, half))
