"""ProcessTelemetry: what replicas and the machine consume, measured with psutil."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psutil

from fullcycle.model import Reading
from fullcycle.observe.histogram import percentile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fullcycle.model import Replica
    from fullcycle.providers import Router, RouteStatistics

    from .home import Home
    from .replicas import ProcessReplicas

INTERVAL_SECONDS = 0.2
"""Over which CPU time is measured: 20 ticks of the kernel's usual clock of 100 Hz, so a reading is
exact to 5 percent of a core."""

PERCENTILES = (50, 95, 99)
"""Of the response times since a replica has been routed to."""


@dataclass(slots=True)
class Tree:
    """The processes of one replica."""

    processes: list[psutil.Process]

    @classmethod
    def of(cls, pid: int) -> Tree:
        """A process and its descendants; none when it is gone."""
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            return cls([process, *process.children(recursive=True)])
        return cls([])

    def cpu_seconds(self) -> float:
        """CPU time used so far."""
        return sum(self._each(lambda process: sum(process.cpu_times()[:2])))

    def memory_bytes(self) -> float:
        """Resident memory; pages that processes share are counted for each."""
        return sum(self._each(lambda process: process.memory_info().rss))

    def open_files(self) -> float:
        """Open file descriptors."""
        return sum(self._each(lambda process: process.num_fds()))

    def _each(self, measure: Callable[[psutil.Process], float]) -> Iterator[float]:
        for process in self.processes:
            with contextlib.suppress(psutil.Error):
                yield measure(process)


class ProcessTelemetry:
    """The readings of one environment."""

    def __init__(self, home: Home, replicas: ProcessReplicas, router: Router) -> None:
        self._home = home
        self._replicas = replicas
        self._router = router

    def readings(self) -> Sequence[Reading]:
        """See Telemetry.readings. Takes 0.2 seconds."""
        replicas = self._replicas.list()
        trees = {replica.id: Tree.of(int(replica.native_id or 0)) for replica in replicas}
        before = {name: tree.cpu_seconds() for name, tree in trees.items()}
        psutil.cpu_percent()
        begun = time.monotonic()
        time.sleep(INTERVAL_SECONDS)
        elapsed = time.monotonic() - begun
        now = datetime.now(UTC)
        found = list(_host(self._home, now))
        for replica in replicas:
            tree = trees[replica.id]
            cpu = max(0.0, tree.cpu_seconds() - before[replica.id]) / elapsed
            found += _replica(replica, tree, cpu, now)
        for statistics in self._router.statistics():
            found += _routed(statistics, now)
        return found


def _replica(replica: Replica, tree: Tree, cpu: float, now: datetime) -> Iterator[Reading]:
    yield _reading("up", float(bool(tree.processes)), "ratio", replica.id, now)
    yield _reading("restarts_total", replica.restarts, "count", replica.id, now)
    if not tree.processes:
        return
    yield _reading("cpu_ratio", cpu, "ratio", replica.id, now)
    yield _reading("memory_bytes", tree.memory_bytes(), "bytes", replica.id, now)
    yield _reading("open_files", tree.open_files(), "count", replica.id, now)
    if replica.started:
        uptime = (now - replica.started).total_seconds()
        yield _reading("uptime_seconds", max(0.0, uptime), "seconds", replica.id, now)


def _routed(statistics: RouteStatistics, now: datetime) -> Iterator[Reading]:
    subject = statistics.replica
    yield _reading("requests_total", statistics.requests, "count", subject, now)
    yield _reading("errors_total", statistics.errors, "count", subject, now)
    yield _reading("sessions", statistics.sessions, "count", subject, now)
    if statistics.response_seconds is not None:
        yield _reading("response_seconds", statistics.response_seconds, "seconds", subject, now)
    for percent in PERCENTILES:
        seconds = percentile({}, statistics.latencies, percent)
        if seconds is not None:
            yield _reading(f"response_p{percent}_seconds", seconds, "seconds", subject, now)


def _host(home: Home, now: datetime) -> Iterator[Reading]:
    folder = next(path for path in (home.root, *home.root.parents) if path.exists())
    yield _reading("cpu_ratio", psutil.cpu_percent() / 100, "ratio", "host", now)
    memory = psutil.virtual_memory()
    yield _reading("memory_used_ratio", memory.percent / 100, "ratio", "host", now)
    yield _reading("memory_total_bytes", memory.total, "bytes", "host", now)
    disk = psutil.disk_usage(str(folder)).percent / 100
    yield _reading("disk_used_ratio", disk, "ratio", "host", now)
    files = os.statvfs(folder)
    if files.f_files:
        inodes = 1 - files.f_favail / files.f_files
        yield _reading("inodes_used_ratio", inodes, "ratio", "host", now)


def _reading(metric: str, value: float, unit: str, subject: str, now: datetime) -> Reading:
    return Reading(metric=metric, value=float(value), unit=unit, subject=subject, at=now)
