"""A replica as a gateway has to know it, and what the gateway knows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from fullcycle.providers import RouteStatistics

if TYPE_CHECKING:
    from fullcycle.model import HealthCheck, Replica


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One replica, as a gateway has to know it."""

    replica: str
    """Its id: letters, digits, `_`, `.` and `-`."""
    address: str
    """host:port, the host an IP address."""
    weight: int
    kind: str = "http"
    """`http`: a GET of `path` answers 200 to 399. `tcp`: a connection is accepted. Anything else:
    the platform checks, and the gateway does not."""
    path: str = "/"
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
            kind=f"{health.kind}",
            path=quote(health.path, safe="/?&=%:+,@~!$'()*"),
            interval=health.interval,
            timeout=health.timeout,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Server(RouteStatistics):
    """What a gateway knows of one replica."""

    check: str
    """The answer to its last health check, or what went wrong with it; may be empty while
    another one is under way, and of a replica that is not checked."""


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
