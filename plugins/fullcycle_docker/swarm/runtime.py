"""SwarmRuntime: releases as services of a Swarm, whose own engine rolls them out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.model import DeploymentStatus, Event, parts
from fullcycle.rollout.outcome import judge, reason_of, title
from fullcycle.rollout.persist import exhaust, to_the_end
from fullcycle.rollout.records import live, recorded, removal_of, unfinished
from fullcycle_docker.labels import DEPLOYMENT

from . import logs as written
from .commands import execute, run_once
from .services import former
from .specs import service_name
from .survey import survey, tasks_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from fullcycle.model import Deployment, LogLine, Replica, Status, Workload
    from fullcycle.providers import Bench, History, Strategy, Target

    from .manager import Json
    from .services import Services


class SwarmRuntime:
    """Runs releases on a Swarm.

    A deployment is recorded before anything is touched, and says with every service which
    deployment it is of. The Swarm goes on when the command that began an update is gone, so
    `recover` waits for its end, and undoes only what was never fully begun.
    """

    def __init__(self, target: Target, services: Services, history: History) -> None:
        self._target = target
        self._services = services
        self._history = history
        self._manager = services.manager

    def deploy(self, deployment: Deployment, strategy: Strategy) -> Iterator[Event]:
        """See Runtime.deploy."""
        self._services.check(strategy)
        previous = live(recorded(self._history))
        before = {name: each["Spec"] for name, each in self._services.processes().items()}
        self._history.record(replace(deployment, status=DeploymentStatus.RUNNING))
        try:
            yield from self._services.roll(deployment, strategy)
        except GeneratorExit as closed:
            exhaust(self._undo(deployment, previous, before, closed))
            raise
        except BaseException as failure:
            error = yield from to_the_end(self._undo(deployment, previous, before, failure))
            if error is not failure:
                raise error from failure
            raise
        self._finish(deployment, DeploymentStatus.SUCCEEDED, deployment.reason)
        yield Event(message=f"{title(deployment)} serves at {self.status().url}")

    def recover(self) -> Iterator[Event]:
        """See Runtime.recover."""
        records = recorded(self._history)
        left = unfinished(records)
        if not left:
            return
        for deployment in left:
            yield Event(message=f"deployment {deployment.id} of {title(deployment)} was cut off")
        finished = yield from to_the_end(self._settle(left, live(records)))
        for deployment in left:
            yield self._conclude(deployment, finished=finished and deployment is left[0])

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

    def remove(self) -> Iterator[Event]:
        """See Runtime.remove; recorded as a deployment of 0 replicas."""
        last = live(recorded(self._history))
        removal = removal_of(last) if last else None
        if removal:
            self._history.record(removal)
        yield from self._services.remove()
        if removal:
            self._finish(removal, DeploymentStatus.SUCCEEDED, removal.reason)

    def _settle(
        self, left: Sequence[Deployment], previous: Deployment | None
    ) -> Generator[Event, None, bool]:
        """Finish the newest deployment that was cut off, or go back; whether it was finished."""
        newest = left[0]
        if not newest.workload.replicas:
            yield from self._services.remove()
            return True
        if self._begun(newest):
            try:
                yield from self._services.awaited(newest.workload)
            except FullcycleError as error:
                yield Event(message=f"undoing {title(newest)}: {error.message}")
            else:
                return True
        cut_off = [each.id for each in left]
        before = former(self._services.processes(), cut_off)
        yield from self._back(previous, before)
        return False

    def _begun(self, deployment: Deployment) -> bool:
        """Whether every service has the deployment's specification."""
        found = self._services.processes()
        wanted = {service_name(self._services.owner, part.process) for part in _parts(deployment)}
        marked = {each["Spec"]["Labels"].get(DEPLOYMENT) for each in found.values()}
        return set(found) == wanted and marked == {deployment.id}

    def _undo(
        self,
        deployment: Deployment,
        previous: Deployment | None,
        before: Mapping[str, Json],
        failure: BaseException,
    ) -> Generator[Event, None, BaseException]:
        """Go back to what ran before and record it; returns what to raise."""
        yield Event(message=f"undoing {title(deployment)}: {reason_of(failure)}")
        again = None
        try:
            yield from self._back(previous, before)
        except FullcycleError as error:
            again = error
        verdict = judge(deployment, previous, failure, again)
        self._finish(deployment, verdict.status, verdict.reason)
        return verdict.error

    def _back(self, previous: Deployment | None, before: Mapping[str, Json]) -> Iterator[Event]:
        if previous is None or not before:
            yield from self._services.remove()
        else:
            yield from self._services.restore(before, previous)

    def _conclude(self, deployment: Deployment, *, finished: bool) -> Event:
        status = DeploymentStatus.SUCCEEDED if finished else DeploymentStatus.INTERRUPTED
        done = "finished" if finished else "undone"
        self._finish(deployment, status, deployment.reason if finished else "cut off and undone")
        return Event(message=f"deployment {deployment.id} is {done}")

    def _finish(self, deployment: Deployment, status: DeploymentStatus, reason: str) -> None:
        self._history.record(
            replace(deployment, status=status, finished=datetime.now(UTC), reason=reason)
        )


def _parts(deployment: Deployment) -> Sequence[Workload]:
    return parts(deployment.workload)
