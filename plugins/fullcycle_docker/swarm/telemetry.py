"""SwarmTelemetry: what a manager can see of an environment.

It knows of all replicas whether they run, since when, and how often they were started again.
What they consume only their own nodes know, so that is measured on the node we talk to.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fullcycle.model import Reading, ReplicaState

from .survey import local, replicas

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Replica

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
        found = [reading for one in present for reading in _known(one, now)]
        for one, stats in measured:
            found += _consumed(one, stats, now)
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
            yield _reading("requests_total", requests, "count", one.id, now)
            yield _reading("errors_total", errors, "count", one.id, now)
            yield _reading("sessions", sessions, "count", one.id, now)
            if requests:
                yield _reading("response_seconds", seconds, "seconds", one.id, now)


def _known(one: Replica, now: datetime) -> Iterator[Reading]:
    up = one.state is ReplicaState.HEALTHY
    yield _reading("up", float(up), "ratio", one.id, now)
    yield _reading("restarts_total", one.restarts, "count", one.id, now)
    if one.started:
        uptime = (now - one.started).total_seconds()
        yield _reading("uptime_seconds", max(0.0, uptime), "seconds", one.id, now)


def _consumed(one: Replica, stats: dict[str, Any], now: datetime) -> Iterator[Reading]:
    """By the formulas of Docker's own client."""
    memory = stats.get("memory_stats", {})
    if "usage" not in memory:
        return
    details = memory.get("stats", {})
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    used = memory["usage"] - cache if cache < memory["usage"] else memory["usage"]
    yield _reading("memory_bytes", used, "bytes", one.id, now)
    yield _reading("cpu_ratio", _cpu(stats), "ratio", one.id, now)


def _cpu(stats: dict[str, Any]) -> float:
    after, before = stats["cpu_stats"], stats["precpu_stats"]
    system = after.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
    used = after["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    cores = after.get("online_cpus") or len(after["cpu_usage"].get("percpu_usage") or [0])
    return max(0.0, used / system * cores) if system > 0 else 0.0


def _reading(metric: str, value: float, unit: str, subject: str, now: datetime) -> Reading:
    return Reading(metric=metric, value=float(value), unit=unit, subject=subject, at=now)
