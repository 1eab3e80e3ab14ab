"""EcsRuntime: releases as services of ECS on Fargate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.rollout.driven import DrivenRuntime
from fullcycle.rollout.records import recorded
from fullcycle_aws.exec import execute
from fullcycle_aws.logs import LATE, Logs

from .once import run_once
from .services import Services, State
from .survey import survey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fullcycle.model import LogLine, Replica, Status, Workload
    from fullcycle.providers import Bench, History

    from .platform import Ecs


class EcsRuntime(DrivenRuntime[State]):
    """Runs releases; every task definition says which deployment it is of."""

    late = LATE

    def __init__(self, ecs: Ecs, history: History) -> None:
        super().__init__(Services(ecs), history)
        self._ecs = ecs

    def status(self) -> Status:
        """See Runtime.status."""
        return survey(self._ecs, recorded(self._history))

    def run(self, workload: Workload, command: str, bench: Bench) -> int:
        """See Runtime.run."""
        return run_once(self._ecs, workload, command, bench)

    def exec(self, replica: Replica, command: str, bench: Bench) -> int:
        """See Runtime.exec."""
        return execute(self._ecs.clients, self._ecs.place.ground.cluster, replica, command, bench)

    def logs(self, *, replica: str = "", since: datetime | None = None) -> Iterator[LogLine]:
        """See Runtime.logs."""
        return Logs(self._ecs.clients, self._ecs.names).read(replica=replica, since=since)
