"""Reading the logs of what runs and ran: since when, with which text, followed."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle.model import LogLine
    from fullcycle.project import Project

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def read(
    project: Project, *, replica: str, since: str, grep: str, follow: bool
) -> Iterator[LogLine]:
    """Log lines, masked, oldest first; with `follow`, for ever."""
    runtime, mask = project.platform.runtime, project.masker
    start = moment(since) if since else None
    shown: set[LogLine] = set()
    while True:
        for line in runtime.logs(replica=replica, since=start):
            if grep in line.text and not (follow and line in shown):
                shown.add(line)
                yield replace(line, text=mask.mask(line.text))
        if not follow:
            return
        latest = max((line.at for line in shown if line.at), default=start)
        shown = {line for line in shown if line.at == latest}
        start = latest
        time.sleep(0.5)


def moment(age: str) -> datetime:
    """The moment that was `age` ago: `30s`, `10m`, `2h`, `1d`.

    Raises:
        UsageError: it is no age.
    """
    match = re.fullmatch(r"(\d+)([smhd])", age)
    if match is None:
        raise UsageError(f"--since {age}: should be an age such as 30s, 10m, 2h or 1d")
    return datetime.now(UTC) - timedelta(**{UNITS[match[2]]: int(match[1])})
