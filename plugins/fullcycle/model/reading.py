"""Reading: one measured value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 (read at run time when records are parsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A measurement, in base units (Prometheus' convention)."""

    metric: str
    """`cpu_ratio` (1 is one core), `memory_bytes`, `memory_total_bytes` (of the host),
    `disk_used_ratio`, `up`, `response_seconds`, `response_status`, `requests_total`,
    `errors_total`, `requests_per_second`, `restarts_total`, `uptime_seconds`, …"""
    value: float
    unit: str
    """`ratio`, `bytes`, `seconds`, `count`."""
    subject: str
    """What was measured: a replica's id, `host`, an endpoint's URL."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line an application wrote."""

    at: datetime | None
    replica: str
    text: str
    process: str = ""
    """Which process of the application the replica is; empty where the provider doesn't say."""
