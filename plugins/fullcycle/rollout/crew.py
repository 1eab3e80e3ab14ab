"""Crew: replicas and their routes, brought into service and taken out of it together."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError, StepError
from fullcycle.model import WEB, Event, Replica, ReplicaState

from .patience import log_tail, until_drained, until_healthy
from .shares import FULL, weights
from .together import together

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from fullcycle.model import Workload
    from fullcycle.providers import Replicas, Router

    from .together import Done, Thing


@dataclass(frozen=True, slots=True)
class Crew:
    """What the platform's primitives do together. Keeps no state: the platform has it."""

    replicas: Replicas
    router: Router

    def of(self, process: str) -> list[Replica]:
        """The replicas of one process of the application."""
        return [replica for replica in self.replicas.list() if replica.process == process]

    def routed(self) -> dict[str, int]:
        """The weight of every replica that has a route, by id; 0 when it gets no requests."""
        return {s.replica: s.weight for s in self.router.statistics()}

    def serving(self) -> set[str]:
        """The ids of replicas that requests go to."""
        return {s.replica for s in self.router.statistics() if s.up and s.weight > 0}

    def launch(
        self, workload: Workload, deployment: str, count: int, *, weight: int = FULL
    ) -> Generator[Event, None, list[Replica]]:
        """Start replicas, and once they are healthy route requests to those of the web process.

        Args:
            workload: one process of the application.
            deployment: the id of the deployment they belong to.
            count: how many; may be 0.
            weight: which they are routed with.

        Raises:
            StepError: one does not become healthy, for the probe or for the router.
        """
        started = []
        with self._each(lambda _: self.replicas.start(workload, deployment), range(count)) as each:
            for replica in each:
                started.append(replica)
                yield Event(message=f"started {_called(workload)}", replica=replica.id)
        yield from until_healthy(self.replicas, started, workload.health)
        web = started if workload.process == WEB else []
        with self._each(lambda replica: self._route(replica, weight), web) as routed:
            for replica, _ in zip(web, routed, strict=True):
                if weight:
                    yield Event(message="serves requests", replica=replica.id)
        return started

    def serve(self, present: Sequence[Replica]) -> Generator[Event, None, list[Replica]]:
        """Give all their full share; returns those that serve, or will when they recover.

        Those that the router finds healthy come first: nobody waits for the others.
        """
        known = {s.replica: s for s in self.router.statistics()}
        able = []
        for replica in sorted(present, key=lambda r: not (r.id in known and known[r.id].up)):
            if replica.id not in known or known[replica.id].weight != FULL:
                if not (yield from self._weigh(replica, FULL)):
                    continue
                yield Event(message="serves requests again", replica=replica.id)
            able.append(replica)
        return able

    def share(
        self, percent: int, new: Sequence[Replica], old: Sequence[Replica]
    ) -> Iterator[Event]:
        """Let the new replicas get this percentage of the requests, and never more on the way.

        Args:
            percent: 1 to 99.
            new: routed replicas.
            old: the others; one that the router finds unhealthy gets no requests from now on.

        Raises:
            StepError: the router finds a new replica unhealthy.
        """
        able = self.serving()
        self._silence(replica for replica in old if replica.id not in able)
        old = [replica for replica in old if replica.id in able]
        routed = self.routed()
        heavy, light = weights(percent, len(new), len(old))
        lightened = any(routed.get(replica.id, 0) > light for replica in old)
        if not lightened:
            yield from self._lighten(old, light)
        for replica in new:
            self._route(replica, heavy)
        if lightened:
            yield from self._lighten(old, light)

    def switch(self, new: Sequence[Replica], old: Sequence[Replica]) -> None:
        """Let the new replicas get all requests, and the old ones stay ready.

        Raises:
            StepError: the router finds a new replica unhealthy.
        """
        for replica in new:
            self._route(replica, FULL)
        self._silence(old)

    def retire(self, leaving: Sequence[Replica], workload: Workload | None) -> Iterator[Event]:
        """Let the replicas finish their requests, forget their routes and stop them.

        Args:
            leaving: replicas, routed or not.
            workload: has the grace periods; None for none.
        """
        routed = self.routed()
        drained = [r for r in leaving if r.id in routed]
        yield from until_drained(self.router, drained, workload.drain if workload else 0.0)
        with self._each(self.router.withdraw, drained) as withdrawn:
            deque(withdrawn, 0)
        grace = workload.stop_grace if workload else 0.0
        with self._each(lambda replica: self.replicas.stop(replica, grace), leaving) as stopped:
            for replica, _ in zip(leaving, stopped, strict=True):
                yield Event(message=f"stopped {replica.version}".rstrip(), replica=replica.id)

    def forget_ghosts(self) -> Iterator[Event]:
        """Withdraw routes that lead to no replica."""
        present = {replica.id for replica in self.replicas.list()}
        for ghost in sorted(set(self.routed()) - present):
            self.router.withdraw(_ghost(ghost))
            yield Event(message="removed its route: there is no such replica", replica=ghost)

    def dismiss(self, workload: Workload | None) -> Iterator[Event]:
        """Stop everything, the router and the replicas' keeper too."""
        yield from self.retire(self.replicas.list(), workload)
        yield from self.forget_ghosts()
        self.router.close()
        self.replicas.close()

    def _each(
        self, work: Callable[[Thing], Done], things: Sequence[Thing]
    ) -> AbstractContextManager[Iterator[Done]]:
        return together(work, things, getattr(self.replicas, "at_once", 1))

    def _silence(self, leaving: Iterable[Replica]) -> None:
        routed = self.routed()
        for replica in leaving:
            if routed.get(replica.id):
                self.router.drain(replica, 0)

    def _lighten(self, old: Sequence[Replica], weight: int) -> Iterator[Event]:
        for replica in old:
            if not (yield from self._weigh(replica, weight)):
                self.router.drain(replica, 0)

    def _weigh(self, replica: Replica, weight: int) -> Generator[Event, None, bool]:
        """Whether the router takes the replica; it says why when it doesn't."""
        try:
            self._route(replica, weight)
        except StepError as error:
            yield Event(message=f"cannot serve: {error.message}", replica=replica.id)
            return False
        return True

    def _route(self, replica: Replica, weight: int) -> None:
        try:
            self.router.route(replica, weight)
        except FullcycleError as error:
            error.log_tail = error.log_tail or log_tail(self.replicas, replica)
            raise


def _ghost(name: str) -> Replica:
    return Replica(id=name, deployment="", version="", digest="", state=ReplicaState.STOPPED)


def _called(workload: Workload) -> str:
    version = workload.release.version
    return version if workload.process == WEB else f"{workload.process} of {version}"
