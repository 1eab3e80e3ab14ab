"""SwarmTelemetry: what a manager can see of an environment.

It knows of all replicas whether they run, since when, and how often they were started again.
What they consume only their own nodes know, so that is measured on the node we talk to.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fullcycle.model import ReplicaState
from fullcycle_docker.stats import consumed, reading

from .survey import local, replicas

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Reading, Replica

    from .services import Services

AT_ONCE = 20


class SwarmTelemetry:
    """The readings of one environment."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def readings(self) -> Sequence[Reading]:
        """See Telemetry.readings. Takes about two seconds: Docker measures over one."""
        present = list(replicas(self._services))
        here = local(self._services)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            measured = list(pool.map(self._stats, [one for one in present if one.id in here]))
        now = datetime.now(UTC)
        found = [each for one in present for each in _known(one, now)]
        for one, stats in measured:
            found += consumed(one.id, stats, now)
        return [*found, *self._requests(present, now)]

    def _stats(self, one: Replica) -> tuple[Replica, dict[str, Any]]:
        from docker.errors import NotFound

        try:
            return one, self._services.manager.engine.api.stats(one.native_id, stream=False)
        except NotFound:
            return one, {}

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


def _known(one: Replica, now: datetime) -> Iterator[Reading]:
    up = one.state is ReplicaState.HEALTHY
    yield reading("up", float(up), "ratio", one.id, now)
    yield reading("restarts_total", one.restarts, "count", one.id, now)
    if one.started:
        uptime = (now - one.started).total_seconds()
        yield reading("uptime_seconds", max(0.0, uptime), "seconds", one.id, now)
