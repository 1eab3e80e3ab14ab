"""Workload: everything a platform has to know to run one release of an application."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from .release import Release  # noqa: TC001 (read at run time when records are parsed)

WEB = "web"
"""The process that requests are routed to."""


class HealthKind(StrEnum):
    """How a replica is asked for its health."""

    HTTP = "http"
    """A GET that answers 200 to 399."""
    TCP = "tcp"
    """A connection that is accepted."""
    COMMAND = "command"
    """A command where the replica runs that ends with exit code 0."""
    CONTAINER = "container"
    """What the platform finds by itself: the image's HEALTHCHECK."""
    NONE = "none"
    """It is healthy while it runs: a worker that listens nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """When a replica counts as healthy."""

    kind: HealthKind = HealthKind.HTTP
    path: str = "/"
    """For `http`."""
    command: str = ""
    """For `command`."""
    interval: float = 0.2
    """Seconds between two probes."""
    timeout: float = 5.0
    """Seconds one probe may take (Kamal's default)."""
    deadline: float = 30.0
    """Seconds a new replica may take to become healthy (Kamal's default)."""

    @property
    def question(self) -> str:
        """What is asked, for people: `/healthz`, `TCP`, a command."""
        asked = {HealthKind.HTTP: self.path, HealthKind.COMMAND: self.command}
        return asked.get(self.kind) or f"{self.kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a replica may use at most."""

    cpus: float | None = None
    """Cores; None for all."""
    memory: int | None = None
    """Bytes; None for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process beside the one that requests are routed to: a worker, a clock."""

    name: str
    command: str
    replicas: int = 1
    health: HealthCheck = HealthCheck(kind=HealthKind.NONE)
    resources: Resources = Resources()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A release with the settings it runs under.

    It is recorded whole with every deployment, so that a rollback restores not only the
    artifact but the settings, health check and routes it ran with.
    """

    release: Release
    command: str
    """What a replica runs; `{port}` stands for the port it must listen on. Empty: what the
    artifact itself says (an image's CMD)."""
    env: dict[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    """Names of environment variables whose values are read when a replica starts, and
    recorded nowhere."""
    health: HealthCheck = HealthCheck()
    replicas: int = 1
    port: int = 8000
    """The port users reach the application on."""
    listen: int = 0
    """The port a replica listens on where it has a network of its own; `port` when 0."""
    drain: float = 30.0
    """Seconds running requests get to finish when a replica is withdrawn (Kamal's default)."""
    stop_grace: float = 10.0
    """Seconds between SIGTERM and SIGKILL (Docker's default)."""
    resources: Resources = Resources()
    volumes: tuple[str, ...] = ()
    """`NAME:/path` or `/folder:/path`, each with `:ro` if it is only read."""
    user: str = ""
    """Whose rights replicas run with: `UID:GID`, or a name that the artifact knows; what it says
    itself, when empty."""
    networks: tuple[str, ...] = ()
    """Networks of the platform that replicas join beside their own."""
    processes: tuple[Process, ...] = ()
    """What runs beside the process that requests are routed to."""
    process: str = WEB
    """Which process of the application this is; see `parts`."""

    @property
    def inner_port(self) -> int:
        """The port a replica listens on where it has a network of its own."""
        return self.listen or self.port


def parts(workload: Workload) -> tuple[Workload, ...]:
    """The processes of an application as workloads of their own: the routed one, then the others.

    A replica is started from one of these. Each has the process' name, command, number of
    replicas, health check and resources, and no further processes.
    """
    others = (
        replace(
            workload,
            process=each.name,
            command=each.command,
            replicas=each.replicas,
            health=each.health,
            resources=each.resources,
            processes=(),
        )
        for each in workload.processes
    )
    return replace(workload, processes=()), *others
