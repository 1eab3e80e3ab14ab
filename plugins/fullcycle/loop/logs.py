"""Reading the logs of what runs and ran: of when and whom, with which text, followed."""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import WEB

from .lineage import lineage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fullcycle.model import LogLine
    from fullcycle.project import Project

POLL = 0.5
"""Seconds between two looks for new lines."""
BEGIN = datetime.fromtimestamp(0, UTC)
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines somebody wants to see."""

    replica: str = ""
    process: str = ""
    deployment: str = ""
    """Those of replicas that this deployment started: its id, or how it begins, or `last`."""
    failed: bool = False
    """Those of replicas of deployments that failed or were rolled back."""
    since: str = ""
    """An age (`10m`) or a moment of ISO 8601; all lines without."""
    until: str = ""
    """The same, for the other end."""
    grep: str = ""
    """Text that is in the line."""
    regex: bool = False
    """`grep` is a regular expression."""
    tail: int = 0
    """Only so many of those that are there already, the last; all for 0."""


def read(project: Project, wanted: Wanted, *, follow: bool) -> Iterator[LogLine]:
    """Log lines, masked, oldest first; with `follow`, for ever.

    Raises:
        UsageError: `since` or `until` is no time, `grep` no regular expression, or there is no
            such deployment.
    """
    if follow and wanted.until:
        raise UsageError("--follow and --until don't go together")
    start = moment(wanted.since, "since") if wanted.since else None
    end = moment(wanted.until, "until") if wanted.until else None
    fits, mask = _grep(wanted), project.masker.mask
    ours = _Ours(project, wanted.process)
    theirs = lineage(project, wanted.deployment, failed=wanted.failed)

    def asked(line: LogLine) -> bool:
        early = start is not None and line.at is not None and line.at < start
        late = end is not None and line.at is not None and line.at > end
        return theirs(line) and not early and not late and ours(line) and bool(fits(line.text))

    looks = _looks(project, wanted.replica, theirs.begin(start), follow=follow)
    found = (replace(line, text=mask(line.text)) for line in filter(asked, next(looks)))
    yield from deque(found, wanted.tail) if wanted.tail else found
    for look in looks:
        yield from (replace(line, text=mask(line.text)) for line in filter(asked, look))


def shown(line: LogLine) -> str:
    """A line for people, with its time in UTC; the day, too, when that isn't today's."""
    if line.at is None:
        return line.text
    today = line.at.date() == datetime.now(UTC).date()
    return f"{line.at:{'%H:%M:%S' if today else '%Y-%m-%d %H:%M:%S'}} {line.replica} {line.text}"


def _looks(
    project: Project, replica: str, start: datetime | None, *, follow: bool
) -> Iterator[Iterator[LogLine]]:
    """Look by look what is new.

    One look without `follow`; where the platform itself tells what is written, a second one that
    never ends.
    """
    runtime = project.platform.runtime
    reading = _Reading(start, timedelta(seconds=getattr(runtime, "late", 0.0)))
    yield reading.new(runtime.logs(replica=replica, since=reading.since))
    if not follow:
        return
    stream = getattr(runtime, "follow", lambda **_: None)(replica=replica, since=reading.since)
    if stream is not None:
        yield reading.new(stream)
        return
    while True:
        time.sleep(POLL)
        yield reading.new(runtime.logs(replica=replica, since=reading.since))


class _Reading:
    """Each line once: what may have come late is read again, at least the last moment."""

    def __init__(self, start: datetime | None, late: timedelta) -> None:
        self.since = start
        """From when on the next look reads."""
        self._start = start
        self._late = late
        self._newest = start or BEGIN
        self._last: deque[LogLine] = deque()

    def new(self, lines: Iterable[LogLine]) -> Iterator[LogLine]:
        """Those that were not there at the look before."""
        seen = set(self._last)
        last: deque[LogLine] = deque()
        for line in lines:
            if line not in seen:
                yield line
            self._newest = max(self._newest, line.at or BEGIN)
            last.append(line)
            while last and (last[0].at or self._newest) < self._newest - self._late:
                last.popleft()
        self._last = last or self._last
        if self._newest > BEGIN:
            self.since = max(self._start or BEGIN, self._newest - self._late)


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


def moment(text: str, flag: str) -> datetime:
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
            f"--{flag} {text}: should be an age such as 30s, 10m, 2h or 1d,"
            " or a time such as 2026-11-22T15:37"
        ) from error
