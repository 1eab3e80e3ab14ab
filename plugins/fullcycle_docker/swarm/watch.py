"""Watch: follow what the Swarm does until services are as they were meant to be.

The Swarm's own word that an update has "completed" is not enough: it says so of updates that it
rolled back, too. What counts is which tasks run.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fullcycle.errors import StepError, UsageError
from fullcycle.model import Event
from fullcycle.words import plural

from .logs import tail
from .scripts import LEARNED
from .tasks import FAILED, RUNNING, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .manager import Json, Manager

POLL = 0.2
PULSE = 3.0
"""Seconds after which there is an event even when nothing happens, so that the caller can act."""
PENDING = 5.0
"""Seconds for which the Swarm may find no node: it says so for a moment of what it is placing."""
GRACE = 10.0
"""Seconds after the deadline in which the Swarm itself should have found out."""
KILLED = 137
"""The exit code of what SIGKILL has ended."""
STUCK = 120.0
"""Seconds beyond the health check's deadline and the grace periods in which something has to
happen; an image that is being pulled may take longer."""
PULLING = 900.0
BACK = frozenset({"rollback_started", "rollback_paused", "rollback_completed", "paused"})
BUSY = frozenset({"updating", "rollback_started"})


class Watch:
    """The services of one deployment, on their way."""

    def __init__(
        self, manager: Manager, services: Sequence[str], *, deadline: float, grace: float
    ) -> None:
        """Begin, before anything is changed: what has failed before is not held against it.

        Args:
            manager: the Swarm.
            services: names of services that get new specifications.
            deadline: seconds that replicas may take to become healthy.
            grace: seconds that they may take to stop.
        """
        self._manager = manager
        self._names = services
        self._deadline = deadline
        self._patience = deadline + grace + STUCK
        self._starting: dict[str, float] = {}
        there = [found for name in services if (found := manager.service(name))]
        tasks = [task for service in there for task in self._tasks(service)]
        self._failed_before = {task.id for task in tasks if task.state in FAILED}
        self._seen = {task.id: _words(task) for task in tasks}
        self._pending: dict[str, float] = {}

    def until_there(self, *, tolerant: bool = False) -> Iterator[Event]:
        """Events until all replicas run and nothing else of the services does.

        Args:
            tolerant: go on when replicas fail: the Swarm starts others.

        Raises:
            StepError: a replica failed, or none moved for too long; with the log's tail.
            UsageError: a port is taken, no node is fit.
        """
        changed = said = time.monotonic()
        while True:
            services = [self._service(name) for name in self._names]
            lacking, events, lost = [], [], self._manager.lost()
            for service in services:
                tasks = self._tasks(service)
                events += list(self._news(tasks))
                if not tolerant:
                    self._judge(service, tasks)
                lacking += _lacking(service, tasks, lost)
            now = time.monotonic()
            changed = now if events else changed
            if not lacking:
                yield from events
                return
            if not events and now - said >= PULSE:
                events = [Event(message=f"waiting for {', '.join(lacking)}")]
            for event in events:
                said = now
                yield event
            self._check_patience(now - changed, lacking)
            time.sleep(POLL)

    def _service(self, name: str) -> Json:
        found = self._manager.service(name)
        if found is None:
            raise StepError(f"service {name} was removed by somebody else")
        return found

    def _tasks(self, service: Json) -> list[Task]:
        return [Task(raw) for raw in self._manager.tasks({"service": [service["ID"]]})]

    def _news(self, tasks: Sequence[Task]) -> Iterator[Event]:
        for task in tasks:
            now = _words(task)
            before = self._seen.get(task.id)
            self._seen[task.id] = now
            if before != now and (before is not None or task.live):
                yield Event(message=f"{task.name}: {now}", replica=task.name)

    def _judge(self, service: Json, tasks: Sequence[Task]) -> None:
        template = service["Spec"]["TaskTemplate"]
        for task in tasks:
            if task.state in FAILED and task.id not in self._failed_before:
                raise failure(self._manager, task)
            if task.state == "starting" and task.wanted:
                self._time(task)
            if task.state == "pending" and task.trouble and task.made_of(template):
                self._give_time(task)
        status = service.get("UpdateStatus") or {}
        if status.get("State") in BACK:
            raise StepError(f"the Swarm gave up: {status.get('Message', status['State'])}")

    def _give_time(self, task: Task) -> None:
        since = self._pending.setdefault(task.id, time.monotonic())
        if time.monotonic() - since > PENDING:
            raise UsageError(
                f"the Swarm has no node for {task.name}: {task.trouble}",
                hint="add nodes, ask for less cpu and memory, or free the port",
            )

    def _time(self, task: Task) -> None:
        """The Swarm itself gives up, too, but on a busy machine long after the deadline."""
        since = self._starting.setdefault(task.id, time.monotonic())
        if time.monotonic() - since > self._deadline + GRACE:
            raise failure(self._manager, task, f" within {self._deadline:g} s")

    def _check_patience(self, idle: float, lacking: Sequence[str]) -> None:
        pulling = any(state.startswith("preparing") for state in self._seen.values())
        if idle > (PULLING if pulling else self._patience):
            raise StepError(f"nothing moved for {idle:.0f} s; still waiting for {lacking[0]}")


def failure(manager: Manager, task: Task, within: str = "") -> StepError:
    """Why a task failed, with the end of its log and the last answer to its health check."""
    words = tail(manager, task)
    if within or "unhealthy" in task.trouble:
        answers = [line for line in words.splitlines() if line.startswith(LEARNED)]
        why = answers[-1].removeprefix(LEARNED).strip() if answers else task.trouble or "no answer"
        return StepError(f"{task.name} did not become healthy{within}: {why}", log_tail=words)
    if "address already in use" in task.trouble or "port is already allocated" in task.trouble:
        return StepError(f"a port is taken where {task.name} was to run: {task.trouble}")
    why = task.trouble or task.state
    if task.exit_code:
        why = f"exit code {task.exit_code}"
    if task.exit_code == KILLED:
        why += ": it was killed, which mostly means that its memory was not enough"
    return StepError(f"{task.name} failed: {why}", log_tail=words)


def until(holds: Callable[[], bool], what: str, limit: float) -> Iterator[Event]:
    """Events until something holds.

    Raises:
        StepError: it doesn't within `limit` seconds.
    """
    end = time.monotonic() + limit
    said = time.monotonic()
    while not holds():
        now = time.monotonic()
        if now > end:
            raise StepError(f"waited {limit:g} s in vain for {what}")
        if now - said >= PULSE:
            said = now
            yield Event(message=f"waiting for {what}")
        time.sleep(POLL)


def _words(task: Task) -> str:
    return f"{task.state}{'' if task.wanted else ', leaving'}"


def _lacking(service: Json, tasks: Sequence[Task], lost: set[str]) -> list[str]:
    """What is still to come of a service, for people."""
    spec = service["Spec"]
    name, template = spec["Name"], spec["TaskTemplate"]
    new = [task for task in tasks if task.made_of(template) and task.wanted]
    missing = _desired(service, tasks) - sum(task.state == RUNNING for task in new)
    old = sum(task.there(lost) and task not in new for task in tasks) + max(0, -missing)
    found = []
    if missing > 0:
        found.append(f"{plural(missing, 'replica')} of {name} to become healthy")
    if old:
        found.append(f"{plural(old, 'replica')} of {name} to finish requests and end")
    if (service.get("UpdateStatus") or {}).get("State") in BUSY:
        found.append(f"the Swarm to end its update of {name}")
    return found


def _desired(service: Json, tasks: Sequence[Task]) -> int:
    mode = service["Spec"]["Mode"]
    if "Replicated" in mode:
        return int(mode["Replicated"]["Replicas"])
    return max(1, len({task.node for task in tasks if task.wanted}))
