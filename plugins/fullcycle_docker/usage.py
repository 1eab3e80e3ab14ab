"""Usage: what a container uses, from the kernel's files or from the Engine's own figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fullcycle.observe.measured import reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fullcycle.model import Reading

NANO = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one container uses; counters are since it started."""

    cpu_seconds: float
    cpu_ratio: float | None = None
    """Cores it keeps busy; None where only the counter is known."""
    memory_bytes: float
    """Without the pages of files that nobody has used lately, as Docker's own client has it."""
    memory_limit_bytes: float
    """What the machine has when it isn't limited."""
    processes: float
    received: float | None
    """Bytes; None for who may not look, or has no network."""
    transmitted: float | None
    read: float
    written: float
    killed: int = 0
    """Processes killed for want of memory."""


def readings(
    subject: str, usage: Usage, busy: float, machine: float, now: datetime
) -> Iterator[Reading]:
    """What a container uses.

    Args:
        subject: whose.
        usage: what it uses.
        busy: cores that it keeps busy.
        machine: bytes of memory that the machine has.
        now: when it was measured.
    """
    yield reading("cpu_ratio", busy, "ratio", subject, now)
    yield reading("memory_bytes", usage.memory_bytes, "bytes", subject, now)
    if usage.memory_limit_bytes < machine:
        yield reading("memory_limit_bytes", usage.memory_limit_bytes, "bytes", subject, now)
    yield reading("processes", usage.processes, "count", subject, now)
    yield reading("disk_read_bytes_total", usage.read, "bytes", subject, now)
    yield reading("disk_written_bytes_total", usage.written, "bytes", subject, now)
    if usage.received is not None and usage.transmitted is not None:
        yield reading("network_receive_bytes_total", usage.received, "bytes", subject, now)
        yield reading("network_transmit_bytes_total", usage.transmitted, "bytes", subject, now)


def parse(stats: dict[str, Any]) -> Usage | None:
    """What the Engine says, with the sample before; None for a container that has just ended.

    By the formulas of Docker's own client
    (https://github.com/docker/cli/blob/master/cli/command/container/stats_helpers.go).
    """
    memory = stats.get("memory_stats", {})
    if "usage" not in memory:
        return None
    networks = (stats.get("networks") or {}).values()
    return Usage(
        cpu_seconds=stats["cpu_stats"]["cpu_usage"]["total_usage"] / NANO,
        cpu_ratio=_cpu(stats),
        memory_bytes=used(memory["usage"], memory.get("stats", {})),
        memory_limit_bytes=memory.get("limit") or float("inf"),
        processes=stats.get("pids_stats", {}).get("current", 0),
        received=sum(each["rx_bytes"] for each in networks),
        transmitted=sum(each["tx_bytes"] for each in networks),
        read=_moved(stats, "read"),
        written=_moved(stats, "write"),
    )


def used(usage: int, details: dict[str, int]) -> int:
    """Memory without the pages of files that nobody has used lately (cgroup v1 and v2)."""
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    return usage - cache if cache < usage else usage


def _cpu(stats: dict[str, Any]) -> float:
    after, before = stats["cpu_stats"], stats["precpu_stats"]
    system = after.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
    spent = after["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    cores = after.get("online_cpus") or len(after["cpu_usage"].get("percpu_usage") or [0])
    return max(0.0, spent / system * cores) if system > 0 else 0.0


def _moved(stats: dict[str, Any], way: str) -> int:
    counted = stats.get("blkio_stats", {}).get("io_service_bytes_recursive") or ()
    return sum(each["value"] for each in counted if each["op"].lower() == way)
