"""Logs: what tasks wrote, on whatever nodes they ran, as the manager collects it.

They are asked for task by task, and for a while only: where a task never got its container, or
its node is gone, the Swarm answers never.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

from fullcycle.errors import StepError
from fullcycle.model import LogLine

from .tasks import Task, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from fullcycle.providers import Bench

    from .manager import Manager

TAIL = 30
"""Lines that go into an error."""
PATIENCE = 5.0
"""Seconds between two parts of a log."""
AT_ONCE = 10


def lines(
    manager: Manager, tasks: Sequence[Task], since: datetime | None = None
) -> Iterator[LogLine]:
    """The lines of tasks, merged by time.

    Args:
        manager: the Swarm.
        tasks: whose.
        since: the earliest.
    """
    written = [task for task in tasks if task.container]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda task: _lines(manager, task, since), written)
        together = [line for each in found for line in each]
    yield from sorted(together, key=lambda line: line.at.timestamp() if line.at else 0.0)


def tail(manager: Manager, task: Task) -> str:
    """The last lines a task wrote."""
    return "\n".join(line.text for line in [*lines(manager, [task])][-TAIL:])


def _lines(manager: Manager, task: Task, since: datetime | None) -> list[LogLine]:
    """What comes of a task's log before the patience is over."""
    begin = since.timestamp() if since else 0.0
    found: list[LogLine] = []
    limit = _Limit()
    try:
        with manager.logs(task.id, bench=cast("Bench", limit), since=begin) as parts:
            for part in parts:
                limit.renew()
                found += [_parsed(raw, task) for raw in part.splitlines()]
    except StepError:
        pass
    return [line for line in found if since is None or line.at is None or line.at >= since]


def _parsed(raw: bytes, task: Task) -> LogLine:
    at, _, text = raw.decode(errors="replace").partition(" ")
    return LogLine(at=moment(at), replica=task.name, text=text.rstrip("\r"), process=task.process)


class _Limit:
    """A bench that cancels what takes too long."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin anew."""
        self._end = time.monotonic() + PATIENCE

    def checkpoint(self) -> None:
        """See Bench.checkpoint."""
        if time.monotonic() > self._end:
            raise StepError("the Swarm sends no log")
