"""The end of a step's log file, as plain text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.model import StepRecord

MOST_BYTES = 2_000_000
"""A log's last lines are searched in no more than this: one line may be endless."""
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Tail:
    """The last lines of a log."""

    text: str
    complete: bool
    """Whether this is the whole log."""
    size: int
    """Bytes of the whole log."""


def of_step(folder: Path, record: StepRecord, lines: int) -> Tail | None:
    """The end of a step's log in its run's folder; None when it has none, or one outside of it."""
    path = (folder / record.log).resolve()
    return tail(path, lines) if record.log and path.is_relative_to(folder.resolve()) else None


def tail(path: Path, lines: int) -> Tail | None:
    """The last lines of a file, without terminal colours; None when there is no such file.

    A byte that is no UTF-8 becomes U+FFFD; of a line that was overwritten with carriage
    returns (a progress bar) the last state stays.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - MOST_BYTES))
            data = file.read(MOST_BYTES)
    except OSError:
        return None
    text = data.decode(errors="replace").replace("\r\n", "\n")
    found = text.split("\n")
    rest = found if found[-1] else found[:-1]
    kept = rest[-lines:]
    return Tail(
        text=plain("\n".join(kept)),
        complete=size <= MOST_BYTES and len(kept) == len(rest),
        size=size,
    )


def plain(text: str) -> str:
    """Text as a terminal leaves it, without colours; of overwritten lines the last state."""
    return "\n".join(map(_plain, text.split("\n")))


def _plain(line: str) -> str:
    overwritten = line.rstrip("\r").rpartition("\r")[2]
    return _CONTROLS.sub("", _ESCAPES.sub("", overwritten))
