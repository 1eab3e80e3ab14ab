"""DockerTelemetry: what replicas and their Engine's machine consume."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fullcycle.model import ReplicaState

from .container import inspect
from .faults import translated
from .reach import here
from .stats import consumed, reading, routed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Reading, Replica
    from fullcycle.providers import Replicas, Router

    from .engine import Engine

AT_ONCE = 32
"""Replicas measured at the same time: the Engine takes a second for each."""
RUNNING = frozenset({ReplicaState.HEALTHY, ReplicaState.UNHEALTHY, ReplicaState.STARTING})


class DockerTelemetry:
    """The readings of one environment."""

    def __init__(self, engine: Engine, replicas: Replicas, router: Router) -> None:
        self._engine = engine
        self._replicas = replicas
        self._router = router

    def readings(self) -> Sequence[Reading]:
        """See Telemetry.readings. Takes one to two seconds: the Engine measures over one."""
        replicas = self._replicas.list()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            measured = list(pool.map(self._measure, replicas))
        now = datetime.now(UTC)
        found = list(host(self._engine, now))
        for replica, (stats, killed) in zip(replicas, measured, strict=True):
            found += _known(replica, now, killed=killed)
            found += consumed(replica.id, stats, now)
        for statistics in self._router.statistics():
            found += routed(statistics, now)
        return found

    def _measure(self, replica: Replica) -> tuple[dict[str, Any], bool]:
        """What it consumes, and whether it was killed for want of memory."""
        from docker.errors import NotFound

        known = inspect(self._engine, replica.native_id)
        killed = bool(known and known["State"]["OOMKilled"])
        if replica.state in RUNNING:
            with translated(f"measuring {replica.id}"), suppress(NotFound):
                return dict(self._engine.api.stats(replica.native_id, stream=False)), killed
        return {}, killed


def host(engine: Engine, now: datetime) -> Iterator[Reading]:
    """The Engine's machine; how busy it is only where we are on it ourselves."""
    info = engine.info
    yield reading("cpus", info["NCPU"], "count", "host", now)
    yield reading("memory_total_bytes", info["MemTotal"], "bytes", "host", now)
    if not here(engine):
        return
    import psutil

    yield reading("cpu_ratio", psutil.cpu_percent() / 100, "ratio", "host", now)
    memory = psutil.virtual_memory().percent / 100
    yield reading("memory_used_ratio", memory, "ratio", "host", now)
    root = Path(info["DockerRootDir"])
    folder = next(path for path in (root, *root.parents) if path.exists())
    disk = psutil.disk_usage(str(folder)).percent / 100
    yield reading("disk_used_ratio", disk, "ratio", "host", now)


def _known(replica: Replica, now: datetime, *, killed: bool) -> Iterator[Reading]:
    runs = replica.state in RUNNING
    yield reading("up", runs, "ratio", replica.id, now)
    yield reading("restarts_total", replica.restarts, "count", replica.id, now)
    yield reading("out_of_memory", killed, "count", replica.id, now)
    if replica.started and runs:
        uptime = (now - replica.started).total_seconds()
        yield reading("uptime_seconds", max(0.0, uptime), "seconds", replica.id, now)
