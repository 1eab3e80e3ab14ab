"""An honest platform in memory, and the hands to break it with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.model import (
    WEB,
    Deployment,
    DeploymentStatus,
    Event,
    HealthCheck,
    LogLine,
    Probe,
    Release,
    Replica,
    ReplicaState,
    Workload,
)
from fullcycle.providers import Bench, RouteStatistics, Strategy, Target
from fullcycle.rollout import RolloutRuntime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TARGET = Target(app="shop", environment="test", root=Path(), options=None)
QUICK = HealthCheck(path="/healthz", interval=0.001, timeout=0.1, deadline=0.02)


class Killed(BaseException):
    """The process was killed: nothing it does from here on has an effect."""


def workload(version: str, replicas: int = 3) -> Workload:
    release = Release(
        app="shop",
        version=version,
        digest=f"sha256:{version}",
        kind="files",
        registry="memory:",
        revision="0" * 40,
        created=datetime.now(UTC),
        released_by="me@here",
    )
    return Workload(
        release=release, command="serve {port}", replicas=replicas, health=QUICK, drain=0.01
    )


@dataclass
class World:
    """What outlives the process that drives it, and what is wrong with the versions."""

    replicas: dict[str, Replica] = field(default_factory=dict)
    weights: dict[str, int] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    is_open: bool = False
    started: Counter[str] = field(default_factory=Counter)

    sick: set[str] = field(default_factory=set)
    """Versions, and ids of replicas, that are not healthy."""
    crashing: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    """Versions that only the router finds unhealthy."""
    busy: set[str] = field(default_factory=set)
    """Versions whose requests don't end."""
    sick_from: dict[str, int] = field(default_factory=dict)
    """Versions whose replicas are not healthy from the one of this number on."""

    per_look: int = 0
    """Requests that arrive between two looks at the router's figures."""
    failing: dict[str, float] = field(default_factory=dict)
    """Share of the requests to a version that fail."""
    taking: dict[str, float] = field(default_factory=dict)
    """Seconds that the requests to a version take; 0.01 for others."""
    requests: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    calls: list[str] = field(default_factory=list)
    low: int = 0
    """The fewest replicas that served at any time since `watch`."""
    dies_at: int | None = None
    """The number of the call, since `watch`, in which the driving process is killed."""
    dies_after: bool = False
    """Killed when the call has taken effect, rather than before."""

    def runtime(self) -> RolloutRuntime:
        return RolloutRuntime(TARGET, MemoryReplicas(self), MemoryRouter(self), self.history())

    def history(self) -> MemoryHistory:
        return MemoryHistory(self)

    def deploying(self, wanted: Workload, strategy: Strategy | None = None) -> Iterator[Event]:
        deployment = Deployment(
            id=f"d{len(self.deployments) + 1}",
            app="shop",
            environment="test",
            workload=wanted,
            strategy=(strategy or Strategy()).kind,
            status=DeploymentStatus.RUNNING,
            started=datetime.now(UTC),
            by="me@here",
        )
        return self.runtime().deploy(deployment, strategy or Strategy())

    def deploy(self, wanted: Workload, strategy: Strategy | None = None) -> list[Event]:
        return list(self.deploying(wanted, strategy))

    def recover(self) -> list[Event]:
        return list(self.runtime().recover())

    def watch(self) -> None:
        self.calls.clear()
        self.low = len(self.serving())

    def serving(self) -> list[str]:
        """The versions of the replicas that are healthy and get requests."""
        return sorted(
            replica.version
            for replica in self.replicas.values()
            if self.weights.get(replica.id) and self.healthy(replica)
        )

    def running(self, process: str = WEB) -> list[str]:
        return sorted(r.version for r in self.replicas.values() if r.process == process)

    def shares(self) -> dict[str, float]:
        """Percent of the requests that go to each version."""
        weighed: Counter[str] = Counter()
        for replica in self.replicas.values():
            weighed[replica.version] += self.weights.get(replica.id, 0)
        return {each: 100 * weight / weighed.total() for each, weight in weighed.items() if weight}

    def arrive(self) -> None:
        """Requests come in, and are spread by weight."""
        serving = {name: w for name, w in self.weights.items() if w and name in self.replicas}
        for name, weight in serving.items():
            arrived = self.per_look * weight // sum(serving.values())
            self.requests[name] += arrived
            share = self.failing.get(self.replicas[name].version, 0.0)
            self.errors[name] = round(self.requests[name] * share)

    def outcome(self) -> tuple[DeploymentStatus, str]:
        last = next(reversed(self.deployments.values()))
        return last.status, last.reason

    def healthy(self, replica: Replica) -> bool:
        number = int(replica.id.rpartition("-")[2])
        sick = {replica.version, replica.id, replica.process} & (self.sick | self.crashing)
        return not sick and number < self.sick_from.get(replica.version, 1_000_000)

    def call(self, name: str, effect: Callable[[], object] = lambda: None) -> None:
        dead = self.dies_at is not None and len(self.calls) >= self.dies_at
        dying = self.dies_at is not None and len(self.calls) + 1 == self.dies_at
        if dead or (dying and not self.dies_after):
            self.calls.append("killed")
            raise Killed(name)
        effect()
        self.calls.append(name)
        self.low = min(self.low, len(self.serving()))
        if dying:
            raise Killed(name)


@dataclass
class MemoryReplicas:
    world: World

    def prepare(self, workload: Workload, bench: Bench | None = None) -> None:
        assert bench is None
        self.world.call(f"prepare {workload.release.version}")

    def start(self, workload: Workload, deployment: str) -> Replica:
        release = workload.release
        process = "" if workload.process == WEB else f"{workload.process} "
        called = f"{process}{release.version}"
        self.world.started[called] += 1
        replica = Replica(
            id=f"{called.replace(' ', '-')}-{self.world.started[called]}",
            deployment=deployment,
            version=release.version,
            digest=release.digest,
            state=ReplicaState.STARTING,
            process=workload.process,
        )
        self.world.call(
            f"start {called}", lambda: self.world.replicas.update({replica.id: replica})
        )
        return replica

    def probe(self, replica: Replica, health: HealthCheck) -> Probe:
        self.world.call("probe")
        if replica.version in self.world.crashing:
            return Probe(healthy=False, detail="exit code 1", final=True, log_tail="boom")
        healthy = self.world.healthy(replica)
        return Probe(healthy=healthy, detail="200" if healthy else f"503 on {health.path}")

    def stop(self, replica: Replica, grace: float) -> None:
        assert grace >= 0
        process = "" if replica.process == WEB else f"{replica.process} "
        self.world.call(
            f"stop {process}{replica.version}", lambda: self.world.replicas.pop(replica.id, None)
        )

    def list(self) -> Sequence[Replica]:
        return list(self.world.replicas.values())

    def run(self, workload: Workload, command: str, bench: Bench) -> int:
        raise NotImplementedError

    def exec(self, replica: Replica, command: str, bench: Bench) -> int:
        raise NotImplementedError

    def logs(self, *, replica: str = "", since: datetime | None = None) -> Iterator[LogLine]:
        yield LogLine(at=since, replica=replica, text=f"the log of {replica}")

    def close(self) -> None:
        self.world.call("close replicas")


@dataclass
class MemoryRouter:
    world: World

    def open(self, port: int, health: HealthCheck) -> str:
        assert (port, health) == (8000, QUICK)
        self.world.call("open", lambda: setattr(self.world, "is_open", True))
        return self.address()

    def route(self, replica: Replica, weight: int = 100) -> None:
        assert self.world.is_open
        assert replica.process == WEB
        if replica.version in self.world.refused or not self.world.healthy(replica):
            raise StepError(f"the router finds {replica.id} unhealthy")
        self.world.call(
            f"route {replica.version}", lambda: self.world.weights.update({replica.id: weight})
        )

    def drain(self, replica: Replica, timeout: float) -> bool:
        assert timeout >= 0
        assert replica.id in self.world.weights
        self.world.call(
            f"drain {replica.version}", lambda: self.world.weights.update({replica.id: 0})
        )
        return replica.version not in self.world.busy

    def withdraw(self, replica: Replica) -> None:
        self.world.call(
            f"withdraw {replica.version}", lambda: self.world.weights.pop(replica.id, None)
        )

    def statistics(self) -> Sequence[RouteStatistics]:
        self.world.arrive()
        return [
            RouteStatistics(
                replica=name,
                up=name in self.world.replicas and self.world.healthy(self.world.replicas[name]),
                weight=weight,
                sessions=0,
                requests=self.world.requests[name],
                errors=self.world.errors[name],
                response_seconds=None,
                latencies=self._latencies(name),
            )
            for name, weight in self.world.weights.items()
        ]

    def _latencies(self, name: str) -> dict[float, int]:
        requests = self.world.requests[name]
        version = self.world.replicas[name].version if name in self.world.replicas else ""
        took = self.world.taking.get(version, 0.01)
        return {bound: requests * (took <= bound) for bound in (0.1, 1.0)} | {inf: requests}

    def address(self) -> str:
        return "http://127.0.0.1:8000" if self.world.is_open else ""

    def close(self) -> None:
        self.world.call("close router", lambda: setattr(self.world, "is_open", False))


@dataclass
class MemoryHistory:
    world: World

    def record(self, deployment: Deployment) -> None:
        self.world.call(
            f"record {deployment.status}",
            lambda: self.world.deployments.update({deployment.id: replace(deployment)}),
        )

    def list(self, limit: int = 50) -> Sequence[Deployment]:
        return list(reversed(self.world.deployments.values()))[:limit]
