"""Replay a traffic trace: what would a policy have done, at what cost?

The requests of a minute come evenly spread. A policy sees what was so during the interval before;
replicas that it adds cost from that moment on and serve when they have started. Beyond the capacity
of those that serve, requests wait or are lost, and a processor is never more than busy.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .trace import MINUTE

if TYPE_CHECKING:
    from .trace import Trace

HOUR = 3600.0
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the application is like."""

    capacity: float
    """Requests a minute that one replica can serve."""
    startup: float = 10.0
    """Seconds until a new replica serves."""
    price: float = 0.0
    """Of a replica, per hour."""
    interval: float = 15.0
    """Seconds between two decisions."""

    def needed(self, requests: float) -> int:
        """Replicas that requests a minute take when they are fully busy; at least one."""
        return max(1, math.ceil(requests / self.capacity))


class View(NamedTuple):
    """What a pilot sees: how it was during the interval before."""

    now: float
    """Seconds since the trace began."""
    replicas: int
    """Wanted so far."""
    ready: int
    """Those that served."""
    requests: float
    """That came, per minute."""
    waiting: float
    """Requests that have not been served yet."""


class Pilot(Protocol):
    """Something that says how many replicas there shall be."""

    name: str

    def begin(self) -> int:
        """The number at the beginning."""

    def steer(self, view: View) -> int:
        """The number from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What a pilot would have done."""

    pilot: str
    replicas: tuple[int, ...] = field(repr=False)
    """At the end of each minute."""
    needed: tuple[int, ...] = field(repr=False)
    """Minute by minute, those that fully busy would have been enough."""
    overloaded: tuple[int, ...] = field(repr=False)
    """The minutes in which more requests came than could be served."""
    beyond: int
    """Requests beyond capacity, over all minutes."""
    changes: int
    replica_hours: float
    wasted_hours: float
    """Replica hours beyond those needed."""
    cost: float


def simulate(trace: Trace, pilot: Pilot, site: Site) -> Simulation:
    """Replay a trace with one pilot."""
    replicas, needed, overloaded = [], [], []
    fleet = _Fleet(pilot.begin(), site.startup)
    beyond = hours = wasted = waiting = before = now = 0.0
    changes, steps = 0, max(1, round(MINUTE / site.interval))
    share = 1 / steps
    step_hours = MINUTE / steps / HOUR
    for minute, requests in enumerate(trace.requests):
        need = site.needed(requests)
        short = 0.0
        for _ in range(steps):
            view = View(now, fleet.wanted, fleet.ready, before, waiting)
            wanted = pilot.steer(view)
            changes += wanted != fleet.wanted
            fleet.turn(wanted, now)
            before = requests
            over = requests - fleet.ready * site.capacity
            waiting = max(0.0, waiting + over * share)
            short += max(0.0, over) * share
            hours += fleet.wanted * step_hours
            wasted += max(0, fleet.wanted - need) * step_hours
            now += MINUTE / steps
        replicas.append(fleet.wanted)
        needed.append(need)
        if short:
            overloaded.append(minute)
            beyond += short
    return Simulation(
        pilot=pilot.name,
        replicas=tuple(replicas),
        needed=tuple(needed),
        overloaded=tuple(overloaded),
        beyond=round(beyond),
        changes=changes,
        replica_hours=hours,
        wasted_hours=wasted,
        cost=hours * site.price,
    )


class _Fleet:
    """Replicas that serve, and those that start."""

    def __init__(self, replicas: int, startup: float) -> None:
        self.wanted = self.ready = replicas
        self._startup = startup
        self._starting: deque[tuple[float, int]] = deque()

    def turn(self, wanted: int, now: float) -> None:
        """Want another number from now on; those that start are given up first."""
        if wanted > self.wanted:
            self._starting.append((now + self._startup, wanted - self.wanted))
        elif wanted < self.wanted:
            self._drop(self.wanted - wanted)
        self.wanted = wanted
        while self._starting and self._starting[0][0] <= now:
            self.ready += self._starting.popleft()[1]

    def _drop(self, count: int) -> None:
        while count and self._starting:
            at, starting = self._starting.pop()
            gone = min(count, starting)
            count -= gone
            if starting > gone:
                self._starting.append((at, starting - gone))
        self.ready -= count
