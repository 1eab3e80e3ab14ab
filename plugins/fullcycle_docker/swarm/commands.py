"""Commands: run once inside a release, or where a replica runs."""

from __future__ import annotations

import secrets as random
import shlex
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from fullcycle.errors import StepError, UsageError
from fullcycle_docker.confidential import SHELL
from fullcycle_docker.once import beside

from .ground import prepare, tidy, with_secrets
from .logs import parse
from .names import named
from .scripts import with_secrets as given
from .specs import one_off
from .tasks import OVER, Task
from .watch import failure

if TYPE_CHECKING:
    from fullcycle.model import Replica, Workload
    from fullcycle.providers import Bench

    from .manager import Manager
    from .services import Services

POLL = 0.2
LAST_WORDS = 2.0
"""Seconds in which the last lines of a task arrive when it has ended."""


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
    queue: SimpleQueue[str] = SimpleQueue()
    Thread(target=_read, args=(manager, ident, queue), daemon=True).start()
    while True:
        bench.checkpoint()
        tasks = [Task(raw) for raw in manager.tasks({"service": [ident]})]
        done = next((task for task in tasks if task.state in OVER), None)
        _log(queue, bench, LAST_WORDS if done else POLL, patient=done is not None)
        if done is None:
            continue
        if not done.container or done.state == "rejected":
            raise failure(manager, done)
        return done.exit_code


def _log(queue: SimpleQueue[str], bench: Bench, timeout: float, *, patient: bool) -> None:
    while True:
        try:
            line = queue.get(timeout=timeout)
        except Empty:
            return
        if line == _END:
            if patient:
                return
            queue.put(_END)
            return
        bench.log(line)


_END = "\0"


def _read(manager: Manager, ident: str, queue: SimpleQueue[str]) -> None:
    try:
        for chunk in manager.logs(ident, follow=True):
            for raw in chunk.splitlines():
                queue.put(parse(raw, {}).text)
    finally:
        queue.put(_END)
