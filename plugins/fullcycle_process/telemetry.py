"""ProcessTelemetry: what replicas and the machine consume, measured with psutil."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import psutil

from fullcycle.model import HOST
from fullcycle.observe.measured import busy_seconds, known, machine, reading, routed
from fullcycle.observe.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fullcycle.model import Reading
    from fullcycle.providers import Router

    from .home import Home
    from .replicas import ProcessReplicas

T = TypeVar("T")


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
        """CPU time used so far, that of children which have ended included."""
        return sum(self._each(lambda process: sum(process.cpu_times()[:4])))

    def memory_bytes(self) -> float:
        """Resident memory; pages that processes share are counted for each."""
        return sum(self._each(lambda process: process.memory_info().rss))

    def open_files(self) -> float:
        """Open file descriptors."""
        return sum(self._each(lambda process: process.num_fds()))

    def moved_bytes(self) -> tuple[float, float]:
        """Read from and written to disks so far, by children which have ended, too."""
        counted = list(self._each(lambda process: process.io_counters()))
        return sum(each.read_bytes for each in counted), sum(each.write_bytes for each in counted)

    def _each(self, measure: Callable[[psutil.Process], T]) -> Iterator[T]:
        for process in self.processes:
            with contextlib.suppress(psutil.Error):
                yield measure(process)


class ProcessTelemetry:
    """The readings of one environment."""

    def __init__(self, home: Home, replicas: ProcessReplicas, router: Router) -> None:
        self._home = home
        self._replicas = replicas
        self._router = router
        self._pace = Pace()

    def readings(self) -> Sequence[Reading]:
        """See Telemetry.readings. Takes 0.2 seconds when a replica is seen for the first time."""
        replicas = self._replicas.list()
        trees = {replica.id: Tree.of(int(replica.native_id or 0)) for replica in replicas}
        busy = self._pace.ratios(lambda: _used(trees))
        now = datetime.now(UTC)
        found = [*machine(self._home.root, busy[HOST], now)]
        for replica in replicas:
            found += known(replica, now)
            if trees[replica.id].processes:
                found += _consumed(replica.id, trees[replica.id], busy[replica.id], now)
        for statistics in self._router.statistics():
            found += routed(statistics, now)
        return found


def _used(trees: Mapping[str, Tree]) -> dict[str, float]:
    """Seconds of CPU time so far, of all that is measured."""
    return {HOST: busy_seconds(), **{name: tree.cpu_seconds() for name, tree in trees.items()}}


def _consumed(subject: str, tree: Tree, cpu: float, now: datetime) -> Iterator[Reading]:
    yield reading("cpu_ratio", cpu, "ratio", subject, now)
    yield reading("memory_bytes", tree.memory_bytes(), "bytes", subject, now)
    yield reading("open_files", tree.open_files(), "count", subject, now)
    yield reading("processes", len(tree.processes), "count", subject, now)
    read, written = tree.moved_bytes()
    yield reading("disk_read_bytes_total", read, "bytes", subject, now)
    yield reading("disk_written_bytes_total", written, "bytes", subject, now)
