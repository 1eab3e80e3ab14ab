"""Trace: how many requests came, minute by minute."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from fullcycle.errors import UsageError
from fullcycle.words import utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FORM = "the file needs the columns minute,requests; a minute is a number or an ISO time"
MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
"""Minute 0 of a trace whose minutes are numbers."""
MINUTE = 60.0
"""Seconds."""
MOST = 366 * 24 * 60
"""Minutes a trace may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Requests per minute, from a moment on without gaps."""

    start: datetime
    requests: tuple[int, ...]

    def split(self, share: float) -> tuple[Trace, Trace]:
        """The first part of it and the rest, cut at midnight where there are several days."""
        day = 24 * 60
        at = round(len(self.requests) * share)
        at = round(at / day) * day or at
        later = self.start + timedelta(minutes=at)
        return (
            Trace(start=self.start, requests=self.requests[:at]),
            Trace(start=later, requests=self.requests[at:]),
        )


class _Row(NamedTuple):
    minute: int
    """Since 1970, or as it was written."""
    requests: int
    where: str


def read_trace(file: Path) -> Trace:
    """Requests per minute from a CSV file with the columns minute and requests.

    Minutes that lack had no requests.

    Raises:
        UsageError: it is not there, or not of that form; names the line.
    """
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(_rows(csv.DictReader(lines), file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"cannot read the traffic trace {file}: {error}") from error
    if not rows:
        raise UsageError(f"the traffic trace {file} is empty", hint=FORM)
    _check_order(rows)
    first, last = rows[0].minute, rows[-1].minute
    if last - first >= MOST:
        raise UsageError(f"{rows[-1].where}: a trace may be a year long at most", hint=FORM)
    requests = [0] * (last - first + 1)
    for row in rows:
        requests[row.minute - first] = row.requests
    return Trace(start=_moment(first), requests=tuple(requests))


def _rows(reader: csv.DictReader[str], file: Path) -> Iterator[_Row]:
    for row in reader:
        where = f"{file}:{reader.line_num}"
        text = row.get("requests") or ""
        if not (text.isascii() and text.isdecimal()):
            raise UsageError(f"{where}: requests should be a whole number, not {text!r}", hint=FORM)
        yield _Row(_minute(row.get("minute") or "", where), int(text), where)


def _minute(text: str, where: str) -> int:
    if text.isascii() and text.isdecimal():
        return int(text)
    try:
        return int(utc(datetime.fromisoformat(text)).timestamp() // MINUTE)
    except ValueError as error:
        raise UsageError(
            f"{where}: minute should be a number or an ISO time, not {text!r}", hint=FORM
        ) from error


def _check_order(rows: Sequence[_Row]) -> None:
    for before, row in pairwise(rows):
        if row.minute <= before.minute:
            raise UsageError(f"{row.where}: a minute should be later than the one before it")


def _moment(minute: int) -> datetime:
    """Small numbers count minutes from a Monday on, great ones come from times."""
    if minute < MOST:
        return MONDAY + timedelta(minutes=minute)
    return datetime.fromtimestamp(minute * MINUTE, UTC)
