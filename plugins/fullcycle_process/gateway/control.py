"""The control surface of a gateway: what it is told and asked, whichever engine does the work."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from fullcycle.model import HealthCheck
from fullcycle.providers import RouteStatistics
from fullcycle_process.home import write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fullcycle.model import Replica

STATE = "gateway.json"
"""The file a gateway's state is kept in."""
FALL = 2
"""Failed checks in a row after which a replica gets no more requests."""
CONNECT_TIMEOUT = 2.0
"""Seconds a replica may take to accept a connection."""
IDLE_TIMEOUT = 60.0
"""Seconds a client or a replica may stay silent within a request (nginx' default)."""
TUNNEL_TIMEOUT = 3600.0
"""Seconds a websocket may stay silent."""
WINDOW = 1024
"""How many of the last responses make up a replica's response time (HAProxy's own window)."""

UNAVAILABLE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>503 Service Unavailable</title>
<h1>503 Service Unavailable</h1>
<p>No replica of this application is ready to answer. Please try again in a moment.</p>
</html>
"""
"""What users see while no replica is routed and healthy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One replica, as a gateway has to know it."""

    replica: str
    address: str
    """host:port."""
    weight: int
    path: str
    """Of its health check."""
    interval: float
    """Seconds between two checks."""
    timeout: float
    """Seconds one check may take."""

    @classmethod
    def of(cls, replica: Replica, weight: int, health: HealthCheck) -> Route:
        """The route to a replica that is checked in this way."""
        return cls(
            replica=replica.id,
            address=replica.address,
            weight=weight,
            path=quote(health.path, safe="/?&=%:+,@~!$'()*"),
            interval=health.interval,
            timeout=health.timeout,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a gateway has to come back with after a crash."""

    engine: str
    port: int
    health: HealthCheck
    """How replicas routed from now on are checked."""
    routes: dict[str, Route] = field(default_factory=dict)
    """By replica; only those that were healthy and are not being drained."""

    def save(self, file: Path) -> None:
        """Write it; durable and whole, or not at all."""
        write(file, json.dumps(asdict(self), indent=1))

    @classmethod
    def load(cls, file: Path) -> State | None:
        """Read it; None when there is none."""
        try:
            data: dict[str, Any] = json.loads(file.read_text())
        except FileNotFoundError:
            return None
        return cls(
            engine=data["engine"],
            port=data["port"],
            health=HealthCheck(**data["health"]),
            routes={name: Route(**route) for name, route in data["routes"].items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Server(RouteStatistics):
    """What a gateway knows of one replica."""

    check: str
    """The answer to its last health check, or what went wrong with it; may be empty while
    another one is under way."""


def down(route: Route, why: str) -> Server:
    """What is known of a replica whose gateway doesn't run."""
    return Server(
        replica=route.replica,
        up=False,
        weight=route.weight,
        sessions=0,
        requests=0,
        errors=0,
        response_seconds=None,
        check=why,
    )


class Engine(Protocol):
    """A kind of gateway process. Its calls may be repeated: each describes how things shall be.

    All but `prepare` and `command` raise OSError when the process doesn't answer.
    """

    def prepare(self, state: State) -> None:
        """Write what a process that starts from now on serves."""

    def verify(self) -> None:
        """Raise StepError with the reason when what was prepared would be refused."""

    def command(self) -> Sequence[str]:
        """Program and arguments of the process."""

    def ready(self) -> None:
        """Return when it serves."""

    def add(self, route: Route) -> None:
        """Route to a replica as soon as its health check passes, or change its weight."""

    def drain(self, replica: str) -> None:
        """Send it no new requests; running ones go on. Nothing happens when it is unknown."""

    def remove(self, replica: str) -> None:
        """Forget a replica, and drop the idle connections to it."""

    def statistics(self) -> Sequence[Server]:
        """All routed replicas, drained ones included."""


def ask(path: Path, question: str, timeout: float = 5.0) -> str:
    """Send one line to a unix socket and return all that comes back.

    Raises:
        OSError: nobody answers there within `timeout` seconds.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        connection.sendall(f"{question}\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return answer.decode()
