"""DockerRouter: sends requests to replicas, through the gateway of an environment.

What is routed is asked of HAProxy itself, which knows it in a millisecond. Its files follow a
little later: what they miss when everything dies at once, the next command finds and mends.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError, StepError
from fullcycle.haproxy import Route, down
from fullcycle.haproxy.maintenance import checked
from fullcycle.haproxy.quiet import Quiet
from fullcycle.model import HealthKind

from .behind import Behind
from .gateway import SLOTS, Serving, published

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fullcycle.haproxy import Server
    from fullcycle.model import HealthCheck, Probe, Replica
    from fullcycle.providers import RouteStatistics

    from .engine import Engine
    from .gateway import Gateway

POLL_SECONDS = 0.02
LOOK_SECONDS = 1.0
"""Between two looks at whether a replica that is waited for has ended."""
CHECKED = frozenset({HealthKind.HTTP, HealthKind.TCP})
"""What HAProxy asks replicas for by itself."""


class DockerRouter:
    """The Router and the Maintenance of one environment."""

    def __init__(
        self,
        engine: Engine,
        gateway: Gateway,
        look: Callable[[Replica, HealthCheck], Probe],
    ) -> None:
        """Remember.

        Args:
            engine: has the address that users reach.
            gateway: does the work.
            look: looks at a replica's health, for what HAProxy cannot ask.
        """
        self._engine = engine
        self._gateway = gateway
        self._look = look
        self._health: HealthCheck | None = None
        self._choosing = Lock()
        self._quiet = Quiet()
        self._files = Behind(self._write)

    def open(self, port: int, health: HealthCheck) -> str:
        """See Router.open.

        Raises:
            UsageError: the port is taken.
            StepError: HAProxy does not start.
        """
        found = self._gateway.find()
        if found is None:
            self._gateway.start(port, Serving(health=health))
        elif published(found)[1] != port:
            self._gateway.start(port, self._now(health))
        else:
            self._reopen(found["State"]["Running"] and not found["State"]["Paused"], health)
        self._health = health
        return self.address()

    def route(self, replica: Replica, weight: int = 100) -> None:
        """See Router.route."""
        health = self._health or self._gateway.serving().health
        runtime = self._gateway.runtime()
        known = {each.replica for each in runtime.statistics()}
        if health.kind not in CHECKED:
            self._await(replica, health, lambda: self._look(replica, health).healthy)
        with self._choosing:
            runtime.add(Route.of(replica, weight, health))
        try:
            self._await(replica, health, lambda: self._up(replica))
        except FullcycleError:
            if replica.id not in known:
                runtime.remove(replica.id)
            raise
        self._files.begin()

    def drain(self, replica: Replica, timeout: float) -> bool:
        """See Router.drain."""
        with suppress(OSError):  # and its sessions with it
            self._silence(replica)
            return self._quiet.wait(replica.id, lambda: self._sessions(replica), timeout)
        return True

    def withdraw(self, replica: Replica) -> None:
        """See Router.withdraw. Its files know before the replica may be stopped."""
        with suppress(OSError):
            self._silence(replica)
        self._files.wait()
        with suppress(OSError):
            self._gateway.runtime().remove(replica.id)

    def statistics(self) -> Sequence[RouteStatistics]:
        """See Router.statistics; all are down when the gateway is."""
        try:
            return self._gateway.runtime().statistics()
        except OSError as error:
            if self._gateway.find() is None:
                return ()
            with suppress(StepError):
                return [down(route, str(error)) for route in self._gateway.serving().routes]
            return ()

    def address(self) -> str:
        """See Router.address."""
        found = self._gateway.find()
        if found is None:
            return ""
        host, port = published(found)
        return f"http://{self._host(host)}:{port}"

    def close(self) -> None:
        """See Router.close."""
        with suppress(FullcycleError, OSError):
            self._files.wait()
        self._gateway.remove()

    def begin(self, page: str) -> None:
        """See Maintenance.begin.

        Raises:
            UsageError: it is too long.
            StepError: the gateway is not open.
        """
        self._maintain(checked(page))

    def end(self) -> None:
        """See Maintenance.end."""
        if self.active():
            self._maintain(None)

    def active(self) -> bool:
        """See Maintenance.active."""
        return self._gateway.find() is not None and self._gateway.serving().page is not None

    def _reopen(self, runs: bool, health: HealthCheck) -> None:
        if not runs:
            found = self._gateway.find()
            if found:
                self._gateway.revive(found)
        written = self._gateway.serving()
        if self._now(health) != written:
            self._save(health)

    def _silence(self, replica: Replica) -> None:
        """Give it no more requests; its files are written a little later."""
        server = self._server(replica)
        if server and server.weight:
            self._quiet.forget(replica.id)
            self._gateway.runtime().drain(replica.id)
            self._files.begin()

    def _maintain(self, page: str | None) -> None:
        self._files.wait()
        serving = self._now()
        self._gateway.write(_next(replace(serving, page=page)))
        with suppress(OSError):  # what starts next reads the files
            self._gateway.runtime().maintain(page)

    def _now(self, health: HealthCheck | None = None) -> Serving:
        """What it serves, in HAProxy's words where it runs."""
        runtime, written = self._gateway.runtime(), self._written()
        serving = replace(written, health=health or written.health)
        with suppress(OSError):
            return replace(serving, routes=tuple(runtime.routes(serving.health)))
        return serving

    def _written(self) -> Serving:
        """What its files say: as remembered, unless somebody has changed the page meanwhile."""
        known = self._gateway.known
        with suppress(OSError):
            if known and self._gateway.runtime().shows(known.page):
                return known
        return self._gateway.serving()

    def _write(self) -> None:
        with suppress(StepError):  # it has been closed meanwhile
            self._save(None)

    def _save(self, health: HealthCheck | None) -> None:
        self._gateway.write(_next(self._now(health)))

    def _await(self, replica: Replica, health: HealthCheck, holds: Callable[[], bool]) -> None:
        """Wait until it holds, and no longer than the replica can become healthy."""
        limit = time.monotonic() + health.deadline
        look = time.monotonic() + LOOK_SECONDS
        while not holds():
            now = time.monotonic()
            if now > look:
                look = now + LOOK_SECONDS
                self._require_alive(replica, health)
            if now > limit:
                raise self._unhealthy(replica, health)
            time.sleep(POLL_SECONDS)

    def _require_alive(self, replica: Replica, health: HealthCheck) -> None:
        seen = self._look(replica, health)
        if seen.final:
            raise StepError(
                f"replica {replica.id} is not going to be healthy: {seen.detail}",
                log_tail=seen.log_tail,
            )

    def _unhealthy(self, replica: Replica, health: HealthCheck) -> StepError:
        server = self._server(replica)
        answer = (server and server.check) or self._look(replica, health).detail
        return StepError(
            f"replica {replica.id} at {replica.address} is not healthy after"
            f" {health.deadline:g} s: {answer}",
            hint=f"{health.question} must be healthy",
        )

    def _up(self, replica: Replica) -> bool:
        server = self._server(replica)
        return server is not None and server.up

    def _sessions(self, replica: Replica) -> int:
        server = self._server(replica)
        return server.sessions if server else 0

    def _server(self, replica: Replica) -> Server | None:
        servers = self._gateway.runtime().statistics()
        return next((each for each in servers if each.replica == replica.id), None)

    def _host(self, bound: str) -> str:
        from urllib.parse import urlsplit

        if bound not in {"", "0.0.0.0", "::"}:  # noqa: S104 (read, not bound)
            return bound
        return urlsplit(self._engine.address).hostname or "127.0.0.1"


def _next(serving: Serving) -> Serving:
    """The same in the other folder."""
    return replace(serving, slot=SLOTS[1 - SLOTS.index(serving.slot)])
