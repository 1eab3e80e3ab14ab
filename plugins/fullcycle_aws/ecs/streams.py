"""Streams: what tasks wrote, as CloudWatch Logs keeps it: a stream for every task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle_aws.faults import translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle_aws.clients import Clients

TAIL = 40
"""Lines that say why something failed."""


def stream(process: str, task: str) -> str:
    """The stream of a task, as the driver awslogs names it: prefix, container, task.

    Args:
        process: which names both the prefix and the container.
        task: its ARN, or the last part of it.
    """
    return f"{process}/{process}/{task.rpartition('/')[2]}"


def tail(clients: Clients, group: str, name: str, limit: int = TAIL) -> str:
    """The last lines of a stream; nothing where there are none (yet)."""
    logs = clients.logs
    with translated(f"reading the log {name}"):
        try:
            found = logs.get_log_events(
                logGroupName=group, logStreamName=name, limit=limit, startFromHead=False
            )
        except logs.exceptions.ResourceNotFoundException:
            return ""
    return "\n".join(event["message"].rstrip("\n") for event in found["events"])


class Reader:
    """Reads a stream on from where it was read to."""

    def __init__(self, clients: Clients, group: str, name: str) -> None:
        self._clients = clients
        self._group = group
        self._name = name
        self._token = ""

    def more(self) -> Iterator[str]:
        """The lines that have come since."""
        logs = self._clients.logs
        while True:
            since = {"nextToken": self._token} if self._token else {}
            with translated(f"reading the log {self._name}"):
                try:
                    found = logs.get_log_events(
                        logGroupName=self._group,
                        logStreamName=self._name,
                        startFromHead=True,
                        **since,  # type: ignore[arg-type]
                    )
                except logs.exceptions.ResourceNotFoundException:
                    return
            self._token = found["nextForwardToken"]
            if not found["events"]:
                return
            yield from (event["message"].rstrip("\n") for event in found["events"])
