"""Commands: run once inside a release, or where a replica runs."""

from __future__ import annotations

import secrets as random
import shlex
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fullcycle.errors import StepError, UsageError
from fullcycle_docker.confidential import SHELL
from fullcycle_docker.once import beside, tell

from .ground import prepare, tidy, with_secrets
from .logs import lines
from .names import named
from .scripts import with_secrets as given
from .specs import one_off
from .tasks import OVER, Task
from .watch import failure

if TYPE_CHECKING:
    from fullcycle.model import Replica, Workload
    from fullcycle.providers import Bench, Completed

    from .manager import Manager
    from .services import Services

POLL = 0.2


def run_once(services: Services, workload: Workload, command: str, bench: Bench) -> int:
    """Run a command as a job of the Swarm, on whatever node it likes; returns its exit code.

    Raises:
        StepError: it could not be started.
    """
    manager, owner = services.manager, services.owner
    ingress = services.proxy is None
    ground = prepare(manager, owner, workload, ingress=ingress, bench=bench)
    ground = with_secrets(manager, ground, workload.secrets)
    name = named(owner, "run", random.token_hex(4))
    spec = one_off(workload, command, name, ground)
    ident = manager.create_service(spec, ground.image.reference)
    try:
        return _followed(manager, ident, bench)
    finally:
        manager.remove_service(ident)
        tidy(manager, owner)


def execute(services: Services, replica: Replica, command: str, bench: Bench) -> int:
    """Run a command in a replica's container; returns its exit code.

    Raises:
        UsageError: it runs on another node than the one we talk to.
        StepError: it is gone.
    """
    manager = services.manager
    task = _task_of(services, replica)
    if task.node != manager.engine.info["Swarm"]["NodeID"]:
        node = manager.nodes()[task.node]["Description"]["Hostname"]
        raise UsageError(
            f"{replica.id} runs on node {node}, and a manager cannot run commands on other nodes",
            hint="name a replica of this node, or that node's Engine by DOCKER_HOST",
        )
    secrets = task.raw["Spec"]["ContainerSpec"].get("Secrets") or ()
    words = given([each["File"]["Name"] for each in secrets], [SHELL, "-c", command])
    return beside(manager.engine, task.container, shlex.join(words), bench)


def _task_of(services: Services, replica: Replica) -> Task:
    for service in services.processes().values():
        for raw in services.manager.tasks({"service": [service["ID"]]}):
            task = Task(raw)
            if task.name == replica.id and task.live:
                return task
    raise StepError(f"{replica.id} runs no more", hint="see `invoke deploy.status`")


def _followed(manager: Manager, ident: str, bench: Bench) -> int:
    """Log what a job writes until it has ended."""
    job = _Job(manager, ident, bench)
    with suppress(_OverError):
        while not (job.task and job.task.container):
            job.checkpoint()
            time.sleep(POLL)
        while True:
            with manager.logs(job.task.id, bench=job, follow=True) as parts:
                tell(parts, job)
            job.checkpoint()
    said = [line.text for line in lines(manager, [job.task])]
    for line in said[job.told :]:
        bench.output(line)
    if not job.task.container or job.task.state == "rejected":
        raise failure(manager, job.task)
    return int(job.task.exit_code)


class _OverError(Exception):
    """A job has ended, of which following its log says nothing."""


class _Job:
    """A bench that ends what is done with it when a job has ended."""

    def __init__(self, manager: Manager, ident: str, bench: Bench) -> None:
        self._manager = manager
        self._ident = ident
        self._bench = bench
        self.task: Any = None
        self.told = 0

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.task is not None and self.task.state in OVER

    def log(self, line: str) -> None:
        """See Bench.log."""
        self._bench.log(line)

    def output(self, line: str) -> None:
        """See Bench.output."""
        self.told += 1
        self._bench.output(line)

    def run(self, *_given: Any, **_more: Any) -> Completed:
        """See Bench.run: nobody asks for it."""
        raise NotImplementedError

    def checkpoint(self) -> None:
        """See Bench.checkpoint."""
        self._bench.checkpoint()
        found = self._manager.tasks({"service": [self._ident]})
        self.task = Task(found[0]) if found else None
        if self.over:
            raise _OverError
