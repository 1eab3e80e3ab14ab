"""DrivenRuntime: deployments on platforms that have a rollout engine of their own.

A deployment is recorded before anything is touched, and marks what it changes. The platform goes
on when the command that began an update is gone, so `recover` waits for its end, and undoes only
what was never fully begun, or failed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from fullcycle.errors import FullcycleError
from fullcycle.model import DeploymentStatus, Event

from .outcome import judge, reason_of, title
from .persist import exhaust, to_the_end
from .records import live, recorded, removal_of, unfinished

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from fullcycle.model import Deployment, Status
    from fullcycle.providers import History, Strategy

State = TypeVar("State")


class Engine(Protocol[State]):
    """What a platform's own engine does, for one environment. State is what it can go back to."""

    def check(self, deployment: Deployment, strategy: Strategy) -> None:
        """Raise UsageError for what the platform cannot do; nothing has been touched."""

    def state(self) -> State:
        """What is in force; false when nothing is."""

    def roll(self, deployment: Deployment, strategy: Strategy) -> Iterator[Event]:
        """Put the deployment in force, and wait until it is done; raises StepError."""

    def begun(self, deployment: Deployment) -> bool:
        """Whether the platform knows all of the deployment, and needs nobody to go on."""

    def awaited(self, deployment: Deployment) -> Iterator[Event]:
        """Wait until what the platform was told is done; raises StepError."""

    def former(self, cut_off: Sequence[str]) -> State:
        """What was in force before deployments that were cut off, by their ids."""

    def restore(self, before: State, previous: Deployment) -> Iterator[Event]:
        """Put in force what was, and wait until it serves."""

    def remove(self) -> Iterator[Event]:
        """Remove everything that runs."""


class DrivenRuntime(Generic[State]):
    """The part of a Runtime that is the same whatever the engine."""

    def __init__(self, engine: Engine[State], history: History) -> None:
        self._engine = engine
        self._history = history

    def status(self) -> Status:
        """See Runtime.status."""
        raise NotImplementedError

    def deploy(self, deployment: Deployment, strategy: Strategy) -> Iterator[Event]:
        """See Runtime.deploy."""
        self._engine.check(deployment, strategy)
        previous = live(recorded(self._history))
        before = self._engine.state()
        self._history.record(replace(deployment, status=DeploymentStatus.RUNNING))
        try:
            yield from self._engine.roll(deployment, strategy)
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

    def remove(self) -> Iterator[Event]:
        """See Runtime.remove; recorded as a deployment of 0 replicas."""
        last = live(recorded(self._history))
        removal = removal_of(last) if last else None
        if removal:
            self._history.record(removal)
        yield from self._engine.remove()
        if removal:
            self._finish(removal, DeploymentStatus.SUCCEEDED, removal.reason)

    def _settle(
        self, left: Sequence[Deployment], previous: Deployment | None
    ) -> Generator[Event, None, bool]:
        """Finish the newest deployment that was cut off, or go back; whether it was finished."""
        newest = left[0]
        if not newest.workload.replicas:
            yield from self._engine.remove()
            return True
        if self._engine.begun(newest):
            try:
                yield from self._engine.awaited(newest)
            except FullcycleError as error:
                yield Event(message=f"undoing {title(newest)}: {error.message}")
            else:
                return True
        yield from self._back(previous, self._engine.former([each.id for each in left]))
        return False

    def _undo(
        self,
        deployment: Deployment,
        previous: Deployment | None,
        before: State,
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

    def _back(self, previous: Deployment | None, before: State) -> Iterator[Event]:
        if previous is None or not before:
            yield from self._engine.remove()
        else:
            yield from self._engine.restore(before, previous)

    def _conclude(self, deployment: Deployment, *, finished: bool) -> Event:
        status = DeploymentStatus.SUCCEEDED if finished else DeploymentStatus.INTERRUPTED
        done = "finished" if finished else "undone"
        self._finish(deployment, status, deployment.reason if finished else "cut off and undone")
        return Event(message=f"deployment {deployment.id} is {done}")

    def _finish(self, deployment: Deployment, status: DeploymentStatus, reason: str) -> None:
        self._history.record(
            replace(deployment, status=status, finished=datetime.now(UTC), reason=reason)
        )
