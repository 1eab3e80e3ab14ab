"""Stats: what an Engine measures of a container, as readings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fullcycle.model import Reading
from fullcycle.observe.histogram import percentile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fullcycle.providers import RouteStatistics

PERCENTILES = (50, 95, 99)
"""Of the response times since a replica has been routed to."""


def reading(metric: str, value: float, unit: str, subject: str, now: datetime) -> Reading:
    """A measurement taken now."""
    return Reading(metric=metric, value=float(value), unit=unit, subject=subject, at=now)


def consumed(subject: str, stats: dict[str, Any], now: datetime) -> Iterator[Reading]:
    """CPU, memory, network, disk and processes, by the formulas of Docker's own client.

    Args:
        subject: whose.
        stats: what the Engine says, with the sample before; empty for a container that is gone.
        now: when it said so.
    """
    memory = stats.get("memory_stats", {})
    if "usage" not in memory:
        return
    yield reading("cpu_ratio", _cpu(stats), "ratio", subject, now)
    yield reading("memory_bytes", _used(memory), "bytes", subject, now)
    if memory.get("limit"):
        yield reading("memory_limit_bytes", memory["limit"], "bytes", subject, now)
    networks = (stats.get("networks") or {}).values()
    for way in ("rx", "tx"):
        total = sum(each[f"{way}_bytes"] for each in networks)
        yield reading(f"network_{way}_bytes_total", total, "bytes", subject, now)
    for way in ("read", "write"):
        yield reading(f"disk_{way}_bytes_total", _moved(stats, way), "bytes", subject, now)
    pids = stats.get("pids_stats", {}).get("current", 0)
    yield reading("processes", pids, "count", subject, now)


def routed(statistics: RouteStatistics, now: datetime) -> Iterator[Reading]:
    """Requests, errors and response times of one replica, as its router has counted them."""
    subject = statistics.replica
    yield reading("requests_total", statistics.requests, "count", subject, now)
    yield reading("errors_total", statistics.errors, "count", subject, now)
    yield reading("sessions", statistics.sessions, "count", subject, now)
    if statistics.response_seconds is not None:
        yield reading("response_seconds", statistics.response_seconds, "seconds", subject, now)
    for percent in PERCENTILES:
        seconds = percentile({}, statistics.latencies, percent)
        if seconds is not None:
            yield reading(f"response_p{percent}_seconds", seconds, "seconds", subject, now)


def _cpu(stats: dict[str, Any]) -> float:
    after, before = stats["cpu_stats"], stats["precpu_stats"]
    system = after.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
    used = after["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    cores = after.get("online_cpus") or len(after["cpu_usage"].get("percpu_usage") or [0])
    return max(0.0, used / system * cores) if system > 0 else 0.0


def _used(memory: dict[str, Any]) -> int:
    """Without the pages of files that nobody has used lately (cgroup v1 and v2)."""
    details = memory.get("stats", {})
    cache = int(details.get("total_inactive_file", details.get("inactive_file", 0)))
    used = int(memory["usage"])
    return used - cache if cache < used else used


def _moved(stats: dict[str, Any], way: str) -> int:
    counted = stats.get("blkio_stats", {}).get("io_service_bytes_recursive") or ()
    return sum(each["value"] for each in counted if each["op"].lower() == way)
