"""The control surface of a gateway: what it is told and asked, whichever engine does the work."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from fullcycle.haproxy import Route
from fullcycle.model import HealthCheck, HealthKind
from fullcycle_process.home import write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fullcycle.haproxy import Server

STATE = "gateway.json"
"""The file a gateway's state is kept in."""
WINDOW = 1024
"""How many of the last responses make up a replica's response time (HAProxy's own window)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a gateway has to come back with after a crash."""

    engine: str
    port: int
    health: HealthCheck
    """How replicas routed from now on are checked."""
    routes: dict[str, Route] = field(default_factory=dict)
    """By replica; only those that were healthy and are not being drained."""
    page: str | None = None
    """The maintenance page, while it is shown."""

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
            health=HealthCheck(**data["health"] | {"kind": HealthKind(data["health"]["kind"])}),
            routes={name: Route(**route) for name, route in data["routes"].items()},
            page=data.get("page"),
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
        """Forget a replica, end what it still serves, and drop the idle connections to it."""

    def statistics(self) -> Sequence[Server]:
        """All routed replicas, drained ones included; websockets count as sessions."""

    def maintain(self, page: str | None) -> None:
        """Answer all requests with 503 and this page; with None, by the replicas again."""
