"""Reading: one measured value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 (read at run time when records are parsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A measurement, in base units (Prometheus' convention)."""

    metric: str
    """`cpu_ratio`, `memory_bytes`, `disk_used_ratio`, `up`, `response_seconds`,
    `requests_total`, `errors_total`, `restarts_total`, `uptime_seconds`, …"""
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
