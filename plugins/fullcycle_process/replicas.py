"""ProcessReplicas: replicas as processes of this machine."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fullcycle.errors import StepError, UsageError
from fullcycle.model import HealthKind, Probe, Replica, ReplicaState

from .bundle import Bundles
from .cards import Cards, digests
from .command import shell, with_port
from .limits import require_possible
from .logs import Logs
from .once import launching
from .ports import listening
from .probe import connect, execute, get
from .registry import FolderRegistry
from .supervisor import Program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from fullcycle.model import HealthCheck, LogLine, Workload
    from fullcycle.providers import Bench

    from .bundle import Bundle
    from .cards import Card
    from .home import Home
    from .supervisor import Process, Supervisor


class ProcessReplicas:
    """The replicas of one environment."""

    def __init__(self, app: str, environment: str, home: Home, supervisor: Supervisor) -> None:
        self._app = app
        self._environment = environment
        self._home = home
        self._supervisor = supervisor
        self._cards = Cards(home.root)
        self._logs = Logs(home.root / "logs", app)

    def prepare(self, workload: Workload, bench: Bench | None = None) -> None:
        """See Replicas.prepare."""
        release = workload.release
        require_possible(workload)
        values(workload.secrets)
        self._bundles.prepare(
            release.digest,
            release.kind,
            lambda: FolderRegistry.at(release.registry).fetch(release.digest),
            bench,
        )
        self._bundles.prune(digests(self._home.root.parent))

    def start(self, workload: Workload, deployment: str) -> Replica:
        """See Replicas.start.

        Raises:
            UsageError: a secret is not set.
            StepError: the release has not been prepared.
        """
        lent = values(workload.secrets)
        bundle = self._bundle(workload)
        card = self._cards.deal(self._app, workload, deployment)
        program = self._program(workload, bundle, card.id, {"PORT": str(card.port)})
        argv = shell(with_port(workload.command, card.port))
        self._supervisor.add(replace(program, argv=argv), lent)
        return self._replica(card, self._supervisor.process(card.id))

    def probe(self, replica: Replica, health: HealthCheck) -> Probe:
        """See Replicas.probe.

        Final is a process that ended while it was starting: it is tried again, but what is
        deployed now is not going to become healthy by that.
        """
        process = self._supervisor.process(replica.id)
        if process is None:
            return Probe(healthy=False, detail="there is no such process", final=True)
        if process.state not in {"STARTING", "RUNNING"}:
            return self._crashed(process)
        healthy, detail = self._asked(replica, process, health)
        if not healthy and process.exit:
            process = self._supervisor.process(replica.id) or process
            if process.state != "RUNNING":
                return self._crashed(process)
        return Probe(healthy=healthy, detail=detail)

    def stop(self, replica: Replica, grace: float) -> None:
        """See Replicas.stop."""
        self._supervisor.remove(replica.id, grace)
        self._cards.remove(replica.id)
        self._logs.forget([card.id for card in self._cards.all()])

    def list(self) -> Sequence[Replica]:
        """See Replicas.list."""
        cards = self._cards.all()
        processes = self._supervisor.processes() if cards else {}
        return [self._replica(card, processes.get(card.id)) for card in cards]

    def run(self, workload: Workload, command: str, bench: Bench) -> int:
        """See Replicas.run."""
        bundle = self._bundle(workload)
        program = self._program(workload, bundle, "run", {})
        return self._once(replace(program, argv=shell(command)), values(workload.secrets), bench)

    def exec(self, replica: Replica, command: str, bench: Bench) -> int:
        """See Replicas.exec.

        Raises:
            UsageError: there is no such replica, or it is not running.
        """
        process = self._supervisor.process(replica.id)
        if process is None or not process.pid:
            known = ", ".join(card.id for card in self._cards.all()) or "none"
            raise UsageError(f"replica {replica.id!r} is not running", hint=f"there are: {known}")
        program = replace(self._supervisor.program(replica.id), argv=shell(command))
        return self._once(program, self._supervisor.secrets(replica.id), bench)

    def logs(self, *, replica: str = "", since: datetime | None = None) -> Iterator[LogLine]:
        """See Replicas.logs."""
        return self._logs.read(replica=replica, since=since)

    def tail(self, replica: Replica) -> str:
        """The last lines a replica wrote."""
        return self._logs.tail(replica.id)

    def close(self) -> None:
        """See Replicas.close."""
        self._supervisor.close()

    @property
    def _bundles(self) -> Bundles:
        return Bundles(self._home.releases)

    def _bundle(self, workload: Workload) -> Bundle:
        bundle = self._bundles.of(workload.release.digest)
        if not bundle.ready:
            raise StepError(f"{workload.release.version} has not been prepared on this machine")
        return bundle

    def _program(
        self, workload: Workload, bundle: Bundle, replica: str, extra: dict[str, str]
    ) -> Program:
        facts = {
            "FULLCYCLE_APP": self._app,
            "FULLCYCLE_ENVIRONMENT": self._environment,
            "FULLCYCLE_PROCESS": workload.process,
            "FULLCYCLE_REPLICA": replica,
            "FULLCYCLE_VERSION": workload.release.version,
        }
        return Program(
            name=replica,
            argv=(),
            cwd=str(bundle.content),
            env=bundle.environment({**workload.env, **facts, **extra}),
            secrets=workload.secrets,
        )

    def _asked(self, replica: Replica, process: Process, health: HealthCheck) -> tuple[bool, str]:
        """Whether a replica that runs is healthy, and what was found.

        Without a health check it has to have run for a second, which is what `RUNNING` says.
        """
        if health.kind is HealthKind.HTTP:
            return get(replica.address, health)
        if health.kind is HealthKind.TCP:
            return connect(replica.address, health)
        if health.kind is HealthKind.COMMAND:
            return self._command(replica, health)
        return process.state == "RUNNING", process.state.lower()

    def _command(self, replica: Replica, health: HealthCheck) -> tuple[bool, str]:
        program = replace(self._supervisor.program(replica.id), argv=shell(health.command))
        with launching(program) as command:
            lent = self._supervisor.secrets(replica.id)
            return execute(command, Path(program.cwd), lent, health)

    def _once(self, program: Program, lent: dict[str, str], bench: Bench) -> int:
        with launching(program) as command:
            return bench.run(command, cwd=Path(program.cwd), env=lent, check=False).exit_code

    def _crashed(self, process: Process) -> Probe:
        detail = process.exit or process.state.lower()
        return Probe(
            healthy=False, detail=detail, final=True, log_tail=self._logs.tail(process.name)
        )

    def _replica(self, card: Card, process: Process | None) -> Replica:
        return Replica(
            id=card.id,
            deployment=card.deployment,
            version=card.version,
            digest=card.digest,
            state=_state(process.state if process else "", listens=_listens(card, process)),
            process=card.process,
            address=f"127.0.0.1:{card.port}",
            started=process.started if process else None,
            restarts=process.restarts if process else 0,
            native_id=str(process.pid) if process and process.pid else "",
        )


def values(names: Sequence[str]) -> dict[str, str]:
    """The values of secrets, from the environment of this process.

    Raises:
        UsageError: one is not set.
    """
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise UsageError(
            f"the secret{'s' if len(missing) > 1 else ''} {', '.join(missing)} "
            f"{'are' if len(missing) > 1 else 'is'} not set",
            hint="set the environment variable where you deploy from",
        )
    return {name: os.environ[name] for name in names}


def _listens(card: Card, process: Process | None) -> bool:
    """Whether it does, or need not: then it counts when it has run for a second."""
    if card.listens:
        return listening(card.port)
    return process is not None and process.state == "RUNNING"


def _state(state: str, *, listens: bool) -> ReplicaState:
    """What supervisord's state means, together with whether the replica listens on its port.

    That is all a listing looks at; whether it answers well is for the probe to say.
    """
    if state == "STARTING":
        return ReplicaState.HEALTHY if listens else ReplicaState.STARTING
    if state == "RUNNING":
        return ReplicaState.HEALTHY if listens else ReplicaState.UNHEALTHY
    others = {"STOPPING": ReplicaState.DRAINING, "STOPPED": ReplicaState.STOPPED}
    return others.get(state, ReplicaState.CRASHED)
