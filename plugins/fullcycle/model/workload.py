"""Workload: everything a platform has to know to run one release of an application."""

from __future__ import annotations

from dataclasses import dataclass, field

from .release import Release  # noqa: TC001 (read at run time when records are parsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """When a replica counts as healthy: an HTTP GET that answers 200 to 399."""

    path: str = "/"
    interval: float = 0.2
    """Seconds between two probes."""
    timeout: float = 5.0
    """Seconds one probe may take (Kamal's default)."""
    deadline: float = 30.0
    """Seconds a new replica may take to become healthy (Kamal's default)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A release with the settings it runs under.

    It is recorded whole with every deployment, so that a rollback restores not only the
    artifact but the settings, health check and routes it ran with.
    """

    release: Release
    command: str
    """What a replica runs; `{port}` stands for the port it must listen on."""
    env: dict[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    """Names of environment variables whose values are read when a replica starts, and
    recorded nowhere."""
    health: HealthCheck = HealthCheck()
    replicas: int = 1
    port: int = 8000
    """The port users reach the application on."""
    drain: float = 30.0
    """Seconds running requests get to finish when a replica is withdrawn (Kamal's default)."""
    stop_grace: float = 10.0
    """Seconds between SIGTERM and SIGKILL (Docker's default)."""
