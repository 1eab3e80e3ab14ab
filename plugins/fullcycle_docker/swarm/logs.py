"""Logs: what tasks wrote, on whatever nodes they ran, as the manager collects it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from fullcycle.model import LogLine

from .tasks import Task, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from .manager import Manager

TAIL = 30
"""Lines that go into an error."""
TASK = "com.docker.swarm.task.id"


def lines(
    manager: Manager, service: str, names: Mapping[str, str], since: datetime | None = None
) -> Iterator[LogLine]:
    """The lines of a service's tasks, as the nodes send them.

    Args:
        manager: the Swarm.
        service: its id or name.
        names: task → replica.
        since: the earliest.
    """
    begin = since.timestamp() if since else 0.0
    for raw in _split(manager.logs(service, since=begin)):
        line = parse(raw, names)
        if since is None or line.at is None or line.at >= since:
            yield line


def parse(raw: bytes, names: Mapping[str, str]) -> LogLine:
    """A line with its time and its origin in front."""
    at, _, rest = raw.decode(errors="replace").partition(" ")
    details, _, text = rest.partition(" ")
    task = dict(parse_qsl(details.replace(",", "&"))).get(TASK, "")
    return LogLine(at=moment(at), replica=names.get(task, task[:8]), text=text.rstrip("\r\n"))


def tail(manager: Manager, task: Task) -> str:
    """The last lines a task wrote."""
    names = {task.id: task.name}
    found = lines(manager, str(task.raw["ServiceID"]), names)
    own = [line for line in found if line.replica == task.name]
    return "\n".join(line.text for line in _ordered(own)[-TAIL:])


def _ordered(found: Iterable[LogLine]) -> list[LogLine]:
    return sorted(found, key=lambda line: line.at.timestamp() if line.at else 0.0)


def merged(found: Iterable[LogLine]) -> Iterator[LogLine]:
    """By time: the lines of one node come in order, those of several nodes do not."""
    yield from _ordered(found)


def _split(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        yield from chunk.splitlines()
