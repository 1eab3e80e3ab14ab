"""Crew: replicas and their routes, brought into service and taken out of it together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError, StepError
from fullcycle.model import Event, Replica, ReplicaState

from .patience import log_tail, until_drained, until_healthy

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from fullcycle.model import Deployment, Workload
    from fullcycle.providers import Replicas, Router


@dataclass(frozen=True, slots=True)
class Crew:
    """What the platform's primitives do together. Keeps no state: the platform has it."""

    replicas: Replicas
    router: Router

    def routed(self) -> dict[str, int]:
        """The weight of every replica that has a route, by id; 0 while it drains."""
        return {s.replica: s.weight for s in self.router.statistics()}

    def serving(self) -> set[str]:
        """The ids of replicas that requests go to."""
        return {s.replica for s in self.router.statistics() if s.up and s.weight > 0}

    def launch(self, deployment: Deployment, count: int) -> Iterator[Event]:
        """Start replicas and send them requests once they are healthy.

        Raises:
            StepError: one does not become healthy, for the probe or for the router.
        """
        started = []
        for _ in range(count):
            started.append(self.replicas.start(deployment.workload, deployment.id))
            yield Event(
                message=f"started {deployment.workload.release.version}", replica=started[-1].id
            )
        yield from until_healthy(self.replicas, started, deployment.workload.health)
        for replica in started:
            self._route(replica)
            yield Event(message="serves requests", replica=replica.id)

    def serve(self, present: Sequence[Replica]) -> Generator[Event, None, list[Replica]]:
        """Route those that are not routed; returns those that serve, or will when they recover."""
        routed = self.routed()
        able = []
        for replica in present:
            if not routed.get(replica.id):
                try:
                    self._route(replica)
                except StepError as error:
                    yield Event(message=f"cannot serve: {error.message}", replica=replica.id)
                    continue
                yield Event(message="serves requests again", replica=replica.id)
            able.append(replica)
        return able

    def retire(self, leaving: Sequence[Replica], workload: Workload | None) -> Iterator[Event]:
        """Let the replicas finish their requests, forget their routes and stop them.

        Args:
            leaving: replicas, routed or not.
            workload: has the grace periods; None for none.
        """
        routed = self.routed()
        drained = [r for r in leaving if r.id in routed]
        yield from until_drained(self.router, drained, workload.drain if workload else 0.0)
        for replica in drained:
            self.router.withdraw(replica)
        for replica in leaving:
            self.replicas.stop(replica, workload.stop_grace if workload else 0.0)
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

    def _route(self, replica: Replica) -> None:
        try:
            self.router.route(replica)
        except FullcycleError as error:
            error.log_tail = error.log_tail or log_tail(self.replicas, replica)
            raise


def _ghost(name: str) -> Replica:
    return Replica(id=name, deployment="", version="", digest="", state=ReplicaState.STOPPED)
