"""The kernel's own figures of a container, on the Engine's machine: a few files, in microseconds.

Both versions of control groups
(https://docs.kernel.org/admin-guide/cgroup-v1/, https://docs.kernel.org/admin-guide/cgroup-v2.html).
Where the Engine puts a container's group is learned from the first one.
"""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .container import inspect
from .usage import NANO, Usage, used

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .engine import Engine

ROOT = Path("/sys/fs/cgroup")
MICRO = 1_000_000
CONTROLLERS = ("cpuacct", "memory", "blkio", "pids")
UNIFIED = ""
"""What version 2 calls its only hierarchy."""
ID = "{id}"


class Cgroups:
    """Reads the groups of one Engine's containers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._places: dict[str, str] = {}
        """Controller → path of a group below its hierarchy, with a mark for the id."""

    def usage(self, containers: Iterable[str]) -> dict[str, Usage]:
        """What containers use, by their ids; those whose files aren't here are left out."""
        found: dict[str, Usage] = {}
        for ident in containers:
            with suppress(OSError, ValueError, KeyError):
                found[ident] = self._usage(ident)
        return found

    def _usage(self, ident: str) -> Usage:
        if not self._places:
            self._places = self._learn(ident)
        if UNIFIED in self._places:
            return _second(ROOT / self._places[UNIFIED].replace(ID, ident))
        groups = {name: ROOT / name / self._places[name].replace(ID, ident) for name in CONTROLLERS}
        return _first(groups)

    def _learn(self, ident: str) -> dict[str, str]:
        """Where the groups of a container are that runs; nothing when they cannot be seen."""
        known = inspect(self._engine, ident)
        process = known["State"]["Pid"] if known else 0
        if not process:
            return {}
        places: dict[str, str] = {}
        for line in Path(f"/proc/{process}/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if ident in path:
                place = path.lstrip("/").replace(ident, ID)
                places |= dict.fromkeys(controllers.split(","), place)
        if set(CONTROLLERS) <= set(places):
            places.pop(UNIFIED, None)
        return places


def _first(group: dict[str, Path]) -> Usage:
    memory = group["memory"]
    details = _fields(memory / "memory.stat")
    moved = _operations(group["blkio"] / "blkio.throttle.io_service_bytes_recursive")
    received, transmitted = _network(group["pids"])
    return Usage(
        cpu_seconds=_number(group["cpuacct"] / "cpuacct.usage") / NANO,
        memory_bytes=used(_number(memory / "memory.usage_in_bytes"), details),
        memory_limit_bytes=_number(memory / "memory.limit_in_bytes"),
        processes=_number(group["pids"] / "pids.current"),
        received=received,
        transmitted=transmitted,
        read=moved.get("Read", 0),
        written=moved.get("Write", 0),
        killed=_fields(memory / "memory.oom_control").get("oom_kill", 0),
    )


def _second(group: Path) -> Usage:
    limit = (group / "memory.max").read_text(encoding="utf-8").strip()
    received, transmitted = _network(group)
    moved = _pairs(group / "io.stat")
    return Usage(
        cpu_seconds=_fields(group / "cpu.stat")["usage_usec"] / MICRO,
        memory_bytes=used(_number(group / "memory.current"), _fields(group / "memory.stat")),
        memory_limit_bytes=math.inf if limit == "max" else int(limit),
        processes=_number(group / "pids.current"),
        received=received,
        transmitted=transmitted,
        read=moved.get("rbytes", 0),
        written=moved.get("wbytes", 0),
        killed=_fields(group / "memory.events").get("oom_kill", 0),
    )


def _network(group: Path) -> tuple[float | None, float | None]:
    """Bytes received and transmitted by the namespace of the group's first process."""
    with suppress(OSError, IndexError):
        process = (group / "cgroup.procs").read_text(encoding="utf-8").split(maxsplit=1)[0]
        lines = Path(f"/proc/{process}/net/dev").read_text(encoding="utf-8").splitlines()[2:]
        devices = dict(line.split(":", 1) for line in lines)
        counts = [rest.split() for name, rest in devices.items() if name.strip() != "lo"]
        return sum(int(each[0]) for each in counts), sum(int(each[8]) for each in counts)
    return None, None


def _number(path: Path) -> int:
    return int(path.read_text(encoding="utf-8"))


def _fields(path: Path) -> dict[str, int]:
    """A file of lines such as `oom_kill 3`."""
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return {words[0]: int(words[1]) for words in lines if words[1].isdecimal()}


def _operations(path: Path) -> dict[str, int]:
    """A file of lines such as `8:0 Read 4096`, summed over devices; none on some kernels."""
    found: dict[str, int] = {}
    with suppress(FileNotFoundError):
        for line in path.read_text(encoding="utf-8").splitlines():
            _, *words = line.split()
            if len(words) > 1:
                found[words[0]] = found.get(words[0], 0) + int(words[1])
    return found


def _pairs(path: Path) -> dict[str, int]:
    """A file of lines such as `8:0 rbytes=4096 wbytes=0`, summed over devices."""
    found: dict[str, int] = {}
    with suppress(FileNotFoundError):
        for line in path.read_text(encoding="utf-8").splitlines():
            for name, _, count in (word.partition("=") for word in line.split()[1:]):
                found[name] = found.get(name, 0) + int(count)
    return found
