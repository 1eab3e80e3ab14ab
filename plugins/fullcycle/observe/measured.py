"""What all platforms measure in the same way, as readings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fullcycle.model import HOST, Reading, ReplicaState

from .derive import PERCENTILES, buckets
from .histogram import percentile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from fullcycle.model import Replica
    from fullcycle.providers import RouteStatistics

RUNNING = frozenset(
    {
        ReplicaState.HEALTHY,
        ReplicaState.UNHEALTHY,
        ReplicaState.STARTING,
        ReplicaState.DRAINING,
    }
)


def reading(metric: str, value: float, unit: str, subject: str, now: datetime) -> Reading:
    """A measurement taken now."""
    return Reading(metric=metric, value=float(value), unit=unit, subject=subject, at=now)


def known(replica: Replica, now: datetime) -> Iterator[Reading]:
    """Whether a replica is up, how often it was started again, and since when it runs."""
    runs = replica.state in RUNNING
    yield reading("up", runs, "ratio", replica.id, now)
    yield reading("restarts_total", replica.restarts, "count", replica.id, now)
    if replica.started and runs:
        uptime = (now - replica.started).total_seconds()
        yield reading("uptime_seconds", max(0.0, uptime), "seconds", replica.id, now)


def routed(statistics: RouteStatistics, now: datetime) -> Iterator[Reading]:
    """Requests, errors and response times of one replica, as its router has counted them."""
    subject = statistics.replica
    yield reading("requests_total", statistics.requests, "count", subject, now)
    yield reading("errors_total", statistics.errors, "count", subject, now)
    yield reading("sessions", statistics.sessions, "count", subject, now)
    if statistics.response_seconds is not None:
        yield reading("response_seconds", statistics.response_seconds, "seconds", subject, now)
    yield from buckets(subject, statistics.latencies, now)
    for percent in PERCENTILES:
        seconds = percentile({}, statistics.latencies, percent)
        if seconds is not None:
            yield reading(f"response_p{percent}_seconds", seconds, "seconds", subject, now)


def busy_seconds() -> float:
    """For how long the cores of this machine have been busy, summed up."""
    import psutil

    spent = psutil.cpu_times()._asdict()
    idle = ("idle", "iowait", "guest", "guest_nice")  # guests are counted as users, too
    return float(sum(seconds for what, seconds in spent.items() if what not in idle))


def machine(folder: Path, busy: float, now: datetime) -> Iterator[Reading]:
    """This machine: its processors, its memory, and a folder's disk.

    Args:
        folder: on the disk that matters; where it is missing, the nearest one above it.
        busy: how many cores are.
        now: the time.
    """
    import psutil

    memory, cpus = psutil.virtual_memory(), psutil.cpu_count() or 1
    yield reading("cpu_ratio", min(1.0, busy / cpus), "ratio", HOST, now)
    yield reading("cpus", cpus, "count", HOST, now)
    yield reading("memory_total_bytes", memory.total, "bytes", HOST, now)
    yield reading("memory_used_ratio", memory.percent / 100, "ratio", HOST, now)
    there = next(path for path in (folder, *folder.parents) if path.exists())
    disk = psutil.disk_usage(str(there)).percent / 100
    yield reading("disk_used_ratio", disk, "ratio", HOST, now)
    files = os.statvfs(there)
    if files.f_files:
        inodes = 1 - files.f_favail / files.f_files
        yield reading("inodes_used_ratio", inodes, "ratio", HOST, now)
