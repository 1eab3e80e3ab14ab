"""Waiting, with a limit, for what is known to take a while."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.model import Event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import HealthCheck, Probe, Replica
    from fullcycle.providers import Replicas, Router

PULSE = 5.0
"""Seconds after which a wait yields an event, so that the caller can cancel it."""

LAST_LOOK = 1.0
"""Seconds the last probe before a deadline gets, or its reason would be that it had no time."""

TAIL = 30
"""Lines of a replica's log that go into an error."""


def until_healthy(
    replicas: Replicas, waiting: Sequence[Replica], health: HealthCheck
) -> Iterator[Event]:
    """Probe the replicas until all are healthy.

    Raises:
        StepError: one isn't within the deadline, or never can be; with its log's tail.
    """
    deadline = time.monotonic() + health.deadline
    pulse = Pulse()
    pending = list(waiting)
    while pending:
        for replica in tuple(pending):
            left = deadline - time.monotonic()
            limit = min(health.timeout, max(left, LAST_LOOK))
            probe = replicas.probe(replica, replace(health, timeout=limit))
            if probe.healthy:
                pending.remove(replica)
                yield Event(message=f"healthy: {probe.detail}", replica=replica.id)
            elif probe.final or left <= 0:
                raise _unhealthy(replicas, replica, probe, health)
            elif pulse.due(probe.detail):
                yield Event(message=f"not healthy yet: {probe.detail}", replica=replica.id)
        if pending:
            time.sleep(max(0.0, min(health.interval, deadline - time.monotonic())))


def until_drained(router: Router, leaving: Sequence[Replica], timeout: float) -> Iterator[Event]:
    """Let running requests of the replicas end, all at the same time, for `timeout` seconds."""
    for replica in leaving:
        router.drain(replica, 0)
    deadline = time.monotonic() + timeout
    for replica in leaving:
        yield Event(message="finishing its requests", replica=replica.id)
        while not router.drain(replica, max(0.0, min(PULSE, deadline - time.monotonic()))):
            if time.monotonic() >= deadline:
                yield Event(message=f"requests left after {timeout:g} s", replica=replica.id)
                break
            yield Event(message="still finishing its requests", replica=replica.id)


def log_tail(replicas: Replicas, replica: Replica, lines: int = TAIL) -> str:
    """The last lines a replica wrote."""
    return "\n".join(line.text for line in deque(replicas.logs(replica=replica.id), lines))


def _unhealthy(
    replicas: Replicas, replica: Replica, probe: Probe, health: HealthCheck
) -> StepError:
    when = "is not going to be healthy" if probe.final else "did not become healthy"
    limit = "" if probe.final else f" within {health.deadline:g} s"
    return StepError(
        f"replica {replica.id} of version {replica.version} {when}{limit}"
        f" on {health.question}: {probe.detail}",
        log_tail=probe.log_tail or log_tail(replicas, replica),
    )


class Pulse:
    """Decides when a wait has something to say: something new, or nothing for a while."""

    def __init__(self) -> None:
        self._said = ""
        self._at = 0.0

    def due(self, detail: str) -> bool:
        """Whether it is time to say this."""
        now = time.monotonic()
        if detail == self._said and now - self._at < PULSE:
            return False
        self._said, self._at = detail, now
        return True
