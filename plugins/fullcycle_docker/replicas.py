"""DockerReplicas: replicas as containers of one Engine."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from fullcycle.errors import StepError, UsageError
from fullcycle.model import WEB, HealthKind, Replica, ReplicaState

from . import confidential, container, images, once
from .container import Container
from .faults import translated
from .labels import DEPLOYMENT, DIGEST, PROCESS, REPLICA, VERSION, Role
from .network import TRIES
from .probe import probe, probe_at
from .reach import near

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import HealthCheck, LogLine, Probe, Workload
    from fullcycle.providers import Bench

    from .accessories import Accessories
    from .engine import Engine
    from .labels import Owner
    from .logs import Logs
    from .network import Network

PORT = "fullcycle.port"
"""The label with the port that a replica listens on."""
AT_ONCE = 16
"""Containers looked at at the same time."""
TAKEN = "Address already in use"
"""What the Engine says when another container has got the address meanwhile."""
STOP_SECONDS = 30
"""What the Engine may take beyond the grace period."""


class DockerReplicas:
    """The replicas of one environment. Its methods may be called by several threads."""

    at_once: ClassVar[int] = 8
    """See Replicas. More don't start sooner: it is work for the Engine's processors."""

    def __init__(
        self, engine: Engine, owner: Owner, network: Network, logs: Logs, accessories: Accessories
    ) -> None:
        self._engine = engine
        self._owner = owner
        self._network = network
        self._logs = logs
        self._accessories = accessories

    def prepare(self, workload: Workload, bench: Bench | None = None) -> None:
        """See Replicas.prepare.

        Raises:
            UsageError: a secret is not set.
            StepError: the image is nowhere any more, or an accessory doesn't start.
        """
        confidential.values(workload.secrets)
        images.ensure(self._engine, workload.release, bench)
        self._network.ensure()
        self._accessories.ensure(bench)

    def start(self, workload: Workload, deployment: str) -> Replica:
        """See Replicas.start.

        Raises:
            UsageError: a secret is not set.
            StepError: the image is missing, or the Engine refuses.
        """
        for _ in range(TRIES):
            ident = f"{workload.process}-{secrets.token_hex(3)}"
            wanted = self._container(workload, deployment, ident)
            made = container.create(self._engine, self._owner, wanted)
            try:
                container.start(self._engine, made, wanted.name)
            except StepError as error:
                if TAKEN not in error.message:
                    raise
            else:
                return _started(ident, workload, deployment, wanted.address, made)
        raise StepError(f"network {self._network.name} has no free addresses")

    def probe(self, replica: Replica, health: HealthCheck) -> Probe:
        """See Replicas.probe."""
        name, gateway = self._name(replica.id), self._owner.name("gateway")
        host, _, port = replica.address.rpartition(":")
        if health.kind not in {HealthKind.HTTP, HealthKind.TCP} or not host:
            return probe(self._engine, name, health, int(port or 0), through=gateway)
        through = "" if near(self._engine, self._network.range().gateway) else gateway
        return probe_at(self._engine, name, health, (host, int(port)), through=through)

    def stop(self, replica: Replica, grace: float) -> None:
        """See Replicas.stop."""
        found = container.inspect(self._engine, self._name(replica.id))
        if found is None or not self._owner.owns(found["Config"]["Labels"]):
            return
        with translated(f"stopping {replica.id}"), self._engine.leaving:
            self._engine.api.stop(found["Id"], timeout=round(grace))
        self._logs.keep(replica.id, replica.process, found["Id"])
        container.remove(self._engine, found["Id"])

    def list(self) -> Sequence[Replica]:
        """See Replicas.list."""
        with translated("listing replicas"):
            listed = self._engine.api.containers(all=True, filters=self._owner.filter(Role.REPLICA))
        if not listed:
            return []
        with ThreadPoolExecutor(min(AT_ONCE, len(listed))) as pool:
            found = pool.map(lambda each: container.inspect(self._engine, each["Id"]), listed)
            replicas = [_replica(each) for each in found if each]
        return sorted(replicas, key=lambda replica: (replica.started or _NEVER, replica.id))

    def run(self, workload: Workload, command: str, bench: Bench) -> int:
        """See Replicas.run."""
        self._network.ensure()
        ident = once.name()
        wanted = Container(
            name=self._name(ident),
            image=images.ensure(self._engine, workload.release, bench),
            labels=self._owner.labels(Role.TASK, version=workload.release.version),
            program=container.shell(command),
            env=container.facts(self._owner, workload, ident),
            secrets=confidential.values(workload.secrets),
            volumes=workload.volumes,
            user=workload.user,
            network=self._network.name,
            networks=workload.networks,
            restarts=False,
            **container.limits(workload.resources),
        )
        return once.run(self._engine, self._owner, wanted, bench)

    def exec(self, replica: Replica, command: str, bench: Bench) -> int:
        """See Replicas.exec.

        Raises:
            UsageError: there is no such replica, or it is not running.
        """
        found = container.inspect(self._engine, self._name(replica.id))
        if found is None or not found["State"]["Running"]:
            known = ", ".join(each.id for each in self.list()) or "none"
            raise UsageError(f"replica {replica.id!r} is not running", hint=f"there are: {known}")
        return once.beside(self._engine, found["Id"], command, bench)

    def logs(self, *, replica: str = "", since: datetime | None = None) -> Iterator[LogLine]:
        """See Replicas.logs."""
        return self._logs.read(replica=replica, since=since)

    def follow(self, *, replica: str = "", since: datetime | None = None) -> Iterator[LogLine]:
        """See Replicas.logs."""
        return self._logs.follow(replica=replica, since=since)

    def close(self) -> None:
        """Remove the network, when nothing needs it any more."""
        self._network.remove()

    def _container(self, workload: Workload, deployment: str, ident: str) -> Container:
        port = workload.inner_port
        lent = confidential.values(workload.secrets)
        release = workload.release
        return Container(
            name=self._name(ident),
            image=images.ensure(self._engine, release),
            labels=self._owner.labels(
                Role.REPLICA,
                replica=ident,
                process=workload.process,
                deployment=deployment,
                version=release.version,
                digest=release.digest,
                port=str(port),
            ),
            program=container.shell(workload.command.replace("{port}", str(port))),
            env={**container.facts(self._owner, workload, ident), "PORT": str(port)},
            secrets=lent,
            volumes=workload.volumes,
            user=workload.user,
            network=self._network.name,
            address=self._network.range().draw(),
            networks=workload.networks,
            **container.limits(workload.resources),
        )

    def _name(self, ident: str) -> str:
        return self._owner.name(ident)


_NEVER = datetime.fromtimestamp(0, UTC)


def _started(ident: str, workload: Workload, deployment: str, address: str, native: str) -> Replica:
    return Replica(
        id=ident,
        deployment=deployment,
        version=workload.release.version,
        digest=workload.release.digest,
        state=ReplicaState.STARTING,
        process=workload.process,
        address=f"{address}:{workload.inner_port}",
        started=datetime.now(UTC),
        native_id=native,
    )


def _replica(found: dict[str, Any]) -> Replica:
    labels, state = found["Config"]["Labels"], found["State"]
    return Replica(
        id=labels[REPLICA],
        deployment=labels.get(DEPLOYMENT, ""),
        version=labels.get(VERSION, ""),
        digest=labels.get(DIGEST, ""),
        state=_state(state),
        process=labels.get(PROCESS, WEB),
        address=f"{_address(found)}:{labels.get(PORT, '')}",
        started=_time(state["StartedAt"]),
        restarts=found["RestartCount"],
        native_id=found["Id"],
    )


def _address(found: dict[str, Any]) -> str:
    """Its fixed address, which it has also while it doesn't run."""
    networks = found["NetworkSettings"]["Networks"].values()
    fixed = ((each["IPAMConfig"] or {}).get("IPv4Address", "") for each in networks)
    return next((each for each in fixed if each), "")


def _time(text: str) -> datetime | None:
    found = datetime.fromisoformat(text)
    return None if found.year == 1 else found  # what the Engine says of what has never started


def _state(state: dict[str, Any]) -> ReplicaState:
    """What the Engine's state means; whether it answers well is for the probe to say."""
    if state["Restarting"]:
        return ReplicaState.CRASHED
    if state["Paused"]:
        return ReplicaState.UNHEALTHY
    if state["Running"]:
        health = (state.get("Health") or {}).get("Status", "healthy")
        known = {"starting": ReplicaState.STARTING, "unhealthy": ReplicaState.UNHEALTHY}
        return known.get(health, ReplicaState.HEALTHY)
    known = {"created": ReplicaState.STARTING, "removing": ReplicaState.DRAINING}
    ended = ReplicaState.CRASHED if state["ExitCode"] else ReplicaState.STOPPED
    return known.get(state["Status"], ended)
