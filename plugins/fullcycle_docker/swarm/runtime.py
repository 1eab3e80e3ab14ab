"""SwarmRuntime: releases as services of a Swarm, whose own engine rolls them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.rollout.driven import DrivenRuntime
from fullcycle.rollout.records import recorded

from . import logs as written
from .commands import execute, run_once
from .manager import Json
from .survey import survey, tasks_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fullcycle.model import LogLine, Replica, Status, Workload
    from fullcycle.providers import Bench, History, Target

    from .services import Services


class SwarmRuntime(DrivenRuntime[dict[str, Json]]):
    """Runs releases on a Swarm; every service says which deployment it is of."""

    def __init__(self, target: Target, services: Services, history: History) -> None:
        super().__init__(services, history)
        self._target = target
        self._services = services
        self._manager = services.manager

    def status(self) -> Status:
        """See Runtime.status."""
        return survey(self._target, self._services, recorded(self._history))

    def run(self, workload: Workload, command: str, bench: Bench) -> int:
        """See Runtime.run."""
        return run_once(self._services, workload, command, bench)

    def exec(self, replica: Replica, command: str, bench: Bench) -> int:
        """See Runtime.exec."""
        return execute(self._services, replica, command, bench)

    def logs(self, *, replica: str = "", since: datetime | None = None) -> Iterator[LogLine]:
        """See Runtime.logs. The Swarm keeps the logs of the last replicas of every slot."""
        known = [
            task
            for service in self._services.processes().values()
            for task in tasks_of(self._manager, service)
        ]
        wanted = [task for task in known if replica in {"", task.name}]
        return written.lines(self._manager, wanted, since)
