"""The engine `python`: a small proxy of our own, for a machine with nothing but Python."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fullcycle.haproxy import Channel, Server

from .control import STATE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fullcycle.haproxy import Route

    from .control import State


class PythonProxy:
    """Drives the process `python -m fullcycle_process.gateway` over its control socket."""

    def __init__(self, folder: Path, socket: Path) -> None:
        self._file = folder / STATE
        self._socket = socket
        self._channel = Channel(socket)

    def prepare(self, state: State) -> None:
        """The process reads the state itself."""

    def verify(self) -> None:
        """Whatever `prepare` wrote is understood."""

    def command(self) -> Sequence[str]:
        """Of the interpreter that runs now; the current folder is not searched for modules."""
        module = __name__.rpartition(".")[0]
        return [sys.executable, "-P", "-m", module, str(self._file), str(self._socket)]

    def ready(self) -> None:
        """It binds its port before it answers here."""
        self._tell("statistics")

    def add(self, route: Route) -> None:
        """Add the replica down, so that its first passed check opens it."""
        self._tell("add", route=asdict(route))

    def drain(self, replica: str) -> None:
        """Take the replica out of the balancing."""
        self._tell("drain", replica=replica)

    def remove(self, replica: str) -> None:
        """Take the replica away, with the requests that still run."""
        self._tell("remove", replica=replica)

    def statistics(self) -> Sequence[Server]:
        """All replicas that have not been removed."""
        return [_server(**server) for server in self._tell("statistics")["servers"]]

    def maintain(self, page: str | None) -> None:
        """Show everybody a page, or the application again."""
        self._tell("maintain", page=page)

    def _tell(self, do: str, **arguments: Any) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._channel.ask(json.dumps({"do": do, **arguments})))
        return answer


def _server(latencies: Mapping[str, int], **known: Any) -> Server:
    """JSON knows no numbers as keys."""
    return Server(latencies={float(bound): count for bound, count in latencies.items()}, **known)
