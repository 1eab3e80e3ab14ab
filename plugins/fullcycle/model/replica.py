"""Replica: one running copy of an application, as the platform reports it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 (read at run time when records are parsed)
from enum import StrEnum

from .workload import WEB


class ReplicaState(StrEnum):
    """What a replica is doing."""

    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    DRAINING = "draining"
    CRASHED = "crashed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One copy of an application."""

    id: str
    deployment: str
    """The id of the deployment that started it."""
    version: str
    digest: str
    state: ReplicaState
    process: str = WEB
    """Which process of the application it is; requests are routed to `web` only."""
    address: str = ""
    """host:port on which the router reaches it."""
    started: datetime | None = None
    restarts: int = 0
    native_id: str = ""
    """What the platform calls it: a process id, a container id, a task ARN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What one look at a replica found."""

    healthy: bool
    detail: str
    """The answer or the reason: `200 in 3 ms`, `connection refused`, `exit code 1`."""
    final: bool = False
    """True when waiting longer cannot help (the process exited, the image is missing)."""
    log_tail: str = ""
