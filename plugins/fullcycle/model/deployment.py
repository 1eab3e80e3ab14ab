"""Deployment: one attempt to make an environment run a release."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 (read at run time when records are parsed)
from enum import StrEnum

from .replica import Replica  # noqa: TC001 (read at run time when records are parsed)
from .workload import Workload  # noqa: TC001 (read at run time when records are parsed)


class DeploymentStatus(StrEnum):
    """How far a deployment came."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    ROLLED_BACK = "rolled-back"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployment as it is recorded on the platform it changed."""

    id: str
    """Sortable by time: `20261122-153702-4f2a`."""
    app: str
    environment: str
    workload: Workload
    strategy: str
    status: DeploymentStatus
    started: datetime
    finished: datetime | None = None
    by: str
    """user@host."""
    reason: str = ""
    """Why it failed or was rolled back; what it was for (`scale`, `rollback to …`) otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What an environment runs now, read from the platform itself."""

    app: str
    environment: str
    url: str
    """Where users reach it; empty when nothing runs."""
    desired: int
    """Replicas of the process that requests are routed to; what other processes should have is in
    the deployment's workload."""
    replicas: tuple[Replica, ...] = ()
    deployment: Deployment | None = None
    """The deployment the running replicas come from."""
    notes: tuple[str, ...] = field(default=())
    """What is amiss and what to do about it (`deployment … was interrupted`)."""
    links: dict[str, str] = field(default_factory=dict)
    """Where the platform shows more, by name: its console, its dashboard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of progress from a provider."""

    message: str
    replica: str = ""
    question: str = ""
    """What a person has to say yes to before the provider is asked for the next event; closing
    the iterator instead undoes the deployment."""
