"""Logs: what tasks wrote, those included that are gone, as CloudWatch Logs keeps it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fullcycle.model import LogLine

from .faults import translated
from .ground import standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .clients import Clients
    from .names import Names

LATE = 10.0
"""Seconds that lines may arrive late: ECS' log driver sends them every 5 seconds (awslogs), and
CloudWatch takes a moment."""
LOOK_BACK = timedelta(days=1)
"""How far is read where nobody says since when: to read all costs minutes."""


class Logs:
    """The logs of one environment."""

    def __init__(self, clients: Clients, names: Names) -> None:
        self._clients = clients
        self._names = names

    def read(self, *, replica: str = "", since: datetime | None = None) -> Iterator[LogLine]:
        """See Runtime.logs; without `since`, of the last day."""
        place = standing(self._clients, self._names)
        if place is None:
            return
        streams = self._streams(place.log_group, replica) if replica else []
        if replica and not streams:
            return
        begin = since or datetime.now(UTC) - LOOK_BACK
        request: dict[str, Any] = {
            "logGroupName": place.log_group,
            "startTime": int(begin.timestamp() * 1000),
            **({"logStreamNames": streams} if streams else {}),
        }
        for event in self._events(request):
            line = _line(event)
            if line.at and line.at >= begin:
                yield line

    def _events(self, request: dict[str, Any]) -> Iterator[Any]:
        """Events of all streams, merged by time by CloudWatch itself."""
        logs = self._clients.logs
        with translated(f"reading the log group {request['logGroupName']}"):
            try:
                for page in logs.get_paginator("filter_log_events").paginate(**request):
                    yield from page["events"]
            except logs.exceptions.ResourceNotFoundException:
                return

    def _streams(self, group: str, replica: str) -> list[str]:
        """The streams of a task, of which only the end of the name is known."""
        logs = self._clients.logs
        with translated(f"looking for the log of {replica}"):
            try:
                pages = logs.get_paginator("describe_log_streams").paginate(
                    logGroupName=group, orderBy="LastEventTime", descending=True
                )
                names = (each["logStreamName"] for page in pages for each in page["logStreams"])
                return [name for name in names if name.endswith(f"/{replica}")]
            except logs.exceptions.ResourceNotFoundException:
                return []


def _line(event: Any) -> LogLine:
    """A line of a stream that is called PROCESS/CONTAINER/TASK."""
    process, _, rest = event["logStreamName"].partition("/")
    return LogLine(
        at=datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
        replica=rest.rpartition("/")[2],
        text=event["message"].rstrip("\r\n"),
        process=process,
    )
