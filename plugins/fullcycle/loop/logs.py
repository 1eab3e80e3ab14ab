"""Reading the logs of what runs and ran: since when, with which text, followed."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import WEB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fullcycle.model import LogLine
    from fullcycle.project import Project

POLL = 0.5
"""Seconds between two looks for new lines."""
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines somebody wants to see."""

    replica: str = ""
    process: str = ""
    since: str = ""
    """An age (`10m`) or a moment of ISO 8601; all lines without."""
    grep: str = ""
    """Text that is in the line."""
    regex: bool = False
    """`grep` is a regular expression."""


def read(project: Project, wanted: Wanted, *, follow: bool) -> Iterator[LogLine]:
    """Log lines, masked, oldest first; with `follow`, for ever.

    Raises:
        UsageError: `since` is no time, or `grep` no regular expression.
    """
    start = moment(wanted.since) if wanted.since else None
    fits, ours, mask = _grep(wanted), _Ours(project, wanted.process), project.masker.mask
    for line in _lines(project, wanted.replica, start, follow=follow):
        if fits(line.text) and ours(line):
            yield replace(line, text=mask(line.text))


def _lines(
    project: Project, replica: str, start: datetime | None, *, follow: bool
) -> Iterator[LogLine]:
    """Each line once: what was written in the last moment that was read is read again."""
    last: set[LogLine] = set()
    while True:
        seen, last = last, set()
        for line in project.platform.runtime.logs(replica=replica, since=start):
            if line not in seen:
                yield line
            if line.at and (start is None or line.at > start):
                start, last = line.at, set()
            if line.at == start:
                last.add(line)
        if not follow:
            return
        last = last or seen
        time.sleep(POLL)


class _Ours:
    """Whether a line comes from a process of the application."""

    def __init__(self, project: Project, process: str) -> None:
        self._project = project
        self._process = process
        self._known: dict[str, str] = {}

    def __call__(self, line: LogLine) -> bool:
        return not self._process or self._process == (line.process or self._of(line.replica))

    def _of(self, replica: str) -> str:
        """By what runs; a replica that is gone is taken for one that served requests."""
        if replica not in self._known:
            status = self._project.platform.runtime.status()
            self._known |= {each.id: each.process for each in status.replicas}
        return self._known.setdefault(replica, WEB)


def _grep(wanted: Wanted) -> Callable[[str], object]:
    try:
        return re.compile(wanted.grep if wanted.regex else re.escape(wanted.grep)).search
    except re.error as error:
        raise UsageError(f"--grep {wanted.grep}: no regular expression: {error}") from error


def moment(text: str) -> datetime:
    """The moment that was so long ago (`30s`, `10m`, `2h`, `1d`), or that ISO 8601 names.

    A moment without a time zone is one of this machine's.

    Raises:
        UsageError: it is neither.
    """
    age = re.fullmatch(r"(\d+)([smhd])", text)
    try:
        if age:
            return datetime.now(UTC) - timedelta(**{UNITS[age[2]]: int(age[1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--since {text}: should be an age such as 30s, 10m, 2h or 1d,"
            " or a time such as 2026-11-22T15:37"
        ) from error
