"""SwarmTelemetry: what a manager can see of an environment.

It knows of all replicas whether they run, since when, and how often they were started again.
What they consume only their own nodes know, so that is measured on the node we talk to.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.observe.measured import known, reading
from fullcycle_docker.consumption import Consumption
from fullcycle_docker.telemetry import host

from .survey import local, replicas

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Reading, Replica

    from .services import Services


class SwarmTelemetry:
    """The readings of one environment."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._engine = services.manager.engine
        self._consumption = Consumption(self._engine)

    def readings(self) -> Sequence[Reading]:
        """See Telemetry.readings. From elsewhere than the node it takes one to two seconds."""
        present = list(replicas(self._services))
        here = local(self._services)
        now = datetime.now(UTC)
        running = {one.id: one.native_id for one in present if one.id in here}
        consumed = list(self._consumption.of(running, now))
        found = [*host(self._engine, self._consumption.busy, now), *consumed]
        for one in present:
            found += known(one, now)
        return [*found, *self._requests(present, now)]

    def _requests(self, present: Sequence[Replica], now: datetime) -> Iterator[Reading]:
        """What HAProxy has counted; the ingress counts nothing."""
        if self._services.proxy is None or not present:
            return
        counted = self._services.proxy.statistics()
        for one in present:
            figures = counted.get(one.address)
            if figures is None:
                continue
            requests, errors, sessions, seconds = figures
            yield reading("requests_total", requests, "count", one.id, now)
            yield reading("errors_total", errors, "count", one.id, now)
            yield reading("sessions", sessions, "count", one.id, now)
            if requests:
                yield reading("response_seconds", seconds, "seconds", one.id, now)
