"""How HAProxy's servers are written down: in its configuration, and when one is added."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import HealthCheck

    from .route import Route

FALL = 2
"""Failed checks in a row after which a replica gets no more requests."""
UNCHECKED_SECONDS = 86400.0
"""Between the checks of a server that needs none, when HAProxy has been started with it: only a
server that is checked can be given to a replica that needs it."""
NOWHERE = "127.0.0.1:1"
ASKED, PROBED = "s", "t"
"""What the names of servers begin with: asked by HTTP, or probed in the backend `probes`."""
SLOTS = {ASKED: 100, PROBED: 100}
"""Replicas at a time, old and new ones together. More can be added of those that are asked by
HTTP; their connections are not reused."""


def group(kind: str) -> str:
    """Of the servers that can be checked in this way."""
    return ASKED if kind == "http" else PROBED


def named(routes: Sequence[Route]) -> dict[str, Route]:
    """The servers that routes are in when HAProxy starts."""
    return {
        f"{prefix}{number}": route
        for prefix in SLOTS
        for number, route in enumerate((r for r in routes if group(r.kind) == prefix), 1)
    }


def free(taken: dict[str, Route], prefix: str) -> range:
    """The numbers of a group's other servers."""
    used = sum(name.startswith(prefix) for name in taken)
    return range(used + 1, max(SLOTS[prefix], 2 * used) + 1)


def servers(routes: Sequence[Route], later: HealthCheck) -> Iterator[str]:
    """The lines of the backend `replicas`."""
    taken = named(routes)
    for name, route in taken.items():
        yield f"server {name} {route.address} {options(name, route)} weight {route.weight}"
    asked = free(taken, ASKED)
    span = f"{asked[0]}-{asked[-1]}"
    yield f"server-template {ASKED} {span} {NOWHERE} {checks(later)} weight 0 disabled"
    for number in free(taken, PROBED):
        name = f"{PROBED}{number}"
        yield f"server {name} {NOWHERE} {options(name, later)} weight 0 disabled"


def probes(routes: Sequence[Route], later: HealthCheck) -> Iterator[str]:
    """The lines of the backend `probes`."""
    taken = named(routes)
    for name, route in taken.items():
        if name.startswith(PROBED):
            yield f"server {name} {route.address} {checks(route)}"
    probed = free(taken, PROBED)
    span = f"{probed[0]}-{probed[-1]}"
    yield f"server-template {PROBED} {span} {NOWHERE} {checks(later)} disabled"


def options(name: str, checked: Route | HealthCheck) -> str:
    """How a server of `replicas` is checked: by itself, or as its namesake in `probes`."""
    return f"track probes/{name}" if name.startswith(PROBED) else checks(checked)


def checks(checked: Route | HealthCheck) -> str:
    """How a server is checked that is checked by itself."""
    known = checked.kind in {"http", "tcp"}
    interval = checked.interval if known else UNCHECKED_SECONDS
    return f"check inter {milliseconds(interval)}ms fall {FALL} rise 1"


def milliseconds(seconds: float) -> int:
    """At least 1."""
    return max(1, round(seconds * 1000))
