"""RolloutRuntime: a Runtime made of a platform's primitives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.model import Deployment, DeploymentStatus, Event, Status

from .crew import Crew
from .outcome import judge, reason_of, title
from .persist import exhaust, to_the_end
from .records import live, recorded, removal_of, unfinished
from .settle import complete, settle
from .strategies import carry_out
from .survey import survey

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from fullcycle.model import LogLine, Replica, Workload
    from fullcycle.providers import Bench, History, Replicas, Router, Strategy, Target


class RolloutRuntime:
    """Runs releases on a platform that has no rollout engine.

    Every deployment is recorded as running before anything is touched, and what runs is read
    from the platform, so a process killed at any moment leaves what `recover` can finish or undo.
    Between two events of a deployment the caller may cancel it by closing the iterator; during
    waits there is one at least every 5 seconds.
    """

    def __init__(
        self, target: Target, replicas: Replicas, router: Router, history: History
    ) -> None:
        self._target = target
        self._replicas = replicas
        self._crew = Crew(replicas, router)
        self._router = router
        self._history = history

    def deploy(self, deployment: Deployment, strategy: Strategy) -> Iterator[Event]:
        """See Runtime.deploy."""
        records = recorded(self._history)
        previous = live(records)
        self._history.record(replace(deployment, status=DeploymentStatus.RUNNING))
        try:
            yield from carry_out(self._crew, deployment, strategy, [deployment, *records])
        except GeneratorExit as closed:
            exhaust(self._undo(deployment, previous, closed))
            raise
        except BaseException as failure:
            error = yield from to_the_end(self._undo(deployment, previous, failure))
            if error is not failure:
                raise error from failure
            raise
        self._finish(deployment, DeploymentStatus.SUCCEEDED, deployment.reason)
        yield Event(message=f"{title(deployment)} serves at {self._router.address()}")

    def recover(self) -> Iterator[Event]:
        """See Runtime.recover."""
        records = recorded(self._history)
        if not records:
            return
        goal, left = live(records), unfinished(records)
        finished = bool(left) and complete(self._crew, left[0], goal, records)
        grace = left[0].workload if left else None
        if finished:
            goal = left[0]
        for deployment in left:
            yield Event(message=f"deployment {deployment.id} of {title(deployment)} was cut off")
        yield from to_the_end(settle(self._crew, goal, records, grace=grace))
        for deployment in left:
            yield self._conclude(deployment, finished=finished and deployment is left[0])

    def status(self) -> Status:
        """See Runtime.status."""
        return survey(self._target, self._crew, recorded(self._history))

    def run(self, workload: Workload, command: str, bench: Bench) -> int:
        """See Runtime.run."""
        self._replicas.prepare(workload, bench)
        return self._replicas.run(workload, command, bench)

    def exec(self, replica: Replica, command: str, bench: Bench) -> int:
        """See Runtime.exec."""
        return self._replicas.exec(replica, command, bench)

    def logs(self, *, replica: str = "", since: datetime | None = None) -> Iterator[LogLine]:
        """See Runtime.logs."""
        return self._replicas.logs(replica=replica, since=since)

    def follow(
        self, *, replica: str = "", since: datetime | None = None
    ) -> Iterator[LogLine] | None:
        """See Runtime.logs; None where the platform cannot."""
        follow = getattr(self._replicas, "follow", None)
        return follow(replica=replica, since=since) if follow else None

    def remove(self) -> Iterator[Event]:
        """See Runtime.remove.

        It is recorded as a deployment of 0 replicas, so that nobody mistakes the empty
        environment for one that has lost its replicas. Cut off, `recover` finishes it.
        """
        last = live(recorded(self._history))
        if last is None:
            yield from self._crew.dismiss(None)
            return
        removal = removal_of(last)
        self._history.record(removal)
        yield from self._crew.dismiss(last.workload)
        self._finish(removal, DeploymentStatus.SUCCEEDED, removal.reason)

    def _undo(
        self, deployment: Deployment, previous: Deployment | None, failure: BaseException
    ) -> Generator[Event, None, BaseException]:
        """Go back to what ran before and record it; returns what to raise."""
        yield Event(message=f"undoing {title(deployment)}: {reason_of(failure)}")
        records = recorded(self._history)
        again = None
        try:
            yield from settle(self._crew, previous, records, grace=deployment.workload)
        except FullcycleError as error:
            again = error
        verdict = judge(deployment, previous, failure, again)
        self._finish(deployment, verdict.status, verdict.reason)
        return verdict.error

    def _conclude(self, deployment: Deployment, *, finished: bool) -> Event:
        status = DeploymentStatus.SUCCEEDED if finished else DeploymentStatus.INTERRUPTED
        done = "finished" if finished else "undone"
        self._finish(deployment, status, deployment.reason if finished else "cut off and undone")
        return Event(message=f"deployment {deployment.id} is {done}")

    def _finish(self, deployment: Deployment, status: DeploymentStatus, reason: str) -> None:
        self._history.record(
            replace(deployment, status=status, finished=datetime.now(UTC), reason=reason)
        )
