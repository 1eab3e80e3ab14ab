"""Reading: one measured value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 (read at run time when records are parsed)

HOST = "host"
"""The subject of readings about the machine."""
APP = "app"
"""The subject of readings about all replicas together."""
BUCKET = "response_seconds_bucket:"
"""How the metrics of a cumulative histogram of response times begin; the upper bound in seconds
follows, or `+Inf`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A measurement, in base units (Prometheus' convention).

    Of a replica: `up`, `uptime_seconds`, `restarts_total`, `out_of_memory_total` (times it was
    killed for want of memory), `cpu_ratio` (1 is one core), `memory_bytes`, `memory_limit_bytes`,
    `processes`, `open_files`, `network_receive_bytes_total`, `network_transmit_bytes_total`,
    `disk_read_bytes_total`, `disk_written_bytes_total`; as its router counts them
    `requests_total`, `errors_total`, `sessions`, `response_seconds` (mean of the last ones),
    `response_seconds_bucket:…`.

    Of the `host`: `cpus`, `cpu_ratio` (1 is all cores), `memory_total_bytes`,
    `memory_used_ratio`, `disk_used_ratio`, `inodes_used_ratio`.

    Of an endpoint: `up`, `response_seconds`, `response_p95_seconds` (of several asks),
    `response_status`, `tls_expiry_seconds`.

    Between two rounds, of a replica and of the `app` as a whole: `requests_per_second`,
    `errors_per_second`, `error_ratio`; of the app `response_p50_seconds`, `…p95…`, `…p99…`; of a
    replica every other counter of bytes as `…_bytes_per_second`.
    """

    metric: str
    """What was measured, named like Prometheus' metrics."""
    value: float
    unit: str
    """`ratio`, `bytes`, `seconds`, `count`."""
    subject: str
    """Of whom: a replica's id, `host`, `app`, an endpoint's URL."""
    at: datetime
    """When; for an average the begin of its time."""
    seconds: float = 0.0
    """How long the time is that a rate or an average is about; 0 for what was so at a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line an application wrote."""

    at: datetime | None
    replica: str
    text: str
    process: str = ""
    """Which process of the application the replica is; empty where the provider doesn't say."""
