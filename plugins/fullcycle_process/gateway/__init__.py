"""The gateway: one port, behind which the replicas of an environment can be exchanged.

Two engines do the work behind one control surface: HAProxy where it is installed, and a small
proxy of our own. What a gateway shall serve is kept in its state, what it does serve is asked of
its process; the process can die at any moment and comes back with the same routes.
"""

from __future__ import annotations

import re
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from fullcycle.errors import OutOfReachError, StepError, UsageError

from .process import POLL_SECONDS, GoneError, Process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fullcycle.haproxy import Route, Server
    from fullcycle.haproxy.quiet import Quiet
    from fullcycle.model import HealthCheck, Replica
    from fullcycle.providers import RouteStatistics

    from .control import State

NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


class Programs(Protocol):
    """A supervisor: it starts programs, and starts them again when they end."""

    def ensure_program(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        """Start a program unless it runs; a changed command counts from its next start."""

    def stop_program(self, name: str) -> None:
        """Stop and forget it; returns when it has ended. Nothing happens when it is unknown."""

    def program_pid(self, name: str) -> int | None:
        """Its process id while it runs."""

    def program_log(self, name: str) -> str:
        """The last lines it wrote."""


class Gateway:
    """Routes requests to replicas: the Router of this provider."""

    def __init__(self, folder: Path, socket: Path, programs: Programs, engine: str) -> None:
        """Remember; nothing is touched before the first use.

        Args:
            folder: where configuration and state live, mode 0700.
            socket: the unix socket the process is controlled by, in a folder of mode 0700.
            programs: runs the gateway's process.
            engine: `haproxy`, `python`, or `auto`: HAProxy where it is installed. Only asked
                when nothing runs: an environment never changes its engine while it serves.
        """
        self._folder = folder
        self._process = Process(folder, socket, programs)
        self._wanted = engine

    @cached_property
    def _quiet(self) -> Quiet:
        from fullcycle.haproxy.quiet import Quiet

        return Quiet()

    def open(self, port: int, health: HealthCheck) -> str:
        """Serve on 127.0.0.1:`port`; replicas routed from now on are checked with `health`.

        Raises:
            UsageError: the port is taken.
            OutOfReachError: HAProxy is wanted but not installed.
            StepError: the process doesn't start.
        """
        state = self._state()
        if state and state.port == port and self._process.answers(state):
            self._save(replace(state, health=health))
            self._process.ensure(state)
        else:
            self._start(port, health, state)
        return self.address()

    def route(self, replica: Replica, weight: int = 100) -> None:
        """Send the replica its share of requests; returns when its health check has passed.

        Raises:
            StepError: it has not within the health check's deadline.
        """
        from fullcycle.haproxy import Route

        if not NAME.fullmatch(replica.id):
            raise UsageError(f"{replica.id!r} is no name for a replica", hint="letters, digits, -")
        state = self._opened()
        route = Route.of(replica, weight, state.health)
        try:
            self._await_healthy(replica, route, state)
        except StepError:
            if replica.id not in state.routes:
                self._process.ask(state, lambda engine: engine.remove(replica.id))
            raise
        state = self._opened()  # it may have changed meanwhile
        self._save(replace(state, routes={**state.routes, replica.id: route}))

    def drain(self, replica: Replica, timeout: float) -> bool:
        """No new requests; waits until running ones are done. False when some were left."""
        if replica.id in self._opened().routes:
            self._quiet.forget(replica.id)
        state = self._without(replica)
        with suppress(GoneError):  # and its sessions with it
            self._process.ask(state, lambda engine: engine.drain(replica.id))
            return self._quiet.wait(replica.id, lambda: self._sessions(state, replica), timeout)
        return True

    def withdraw(self, replica: Replica) -> None:
        """Forget the replica, end what it still serves, and drop the connections to it."""
        if self._state() is None:
            return
        state = self._without(replica)
        with suppress(GoneError):  # what starts next doesn't know the replica
            self._process.ask(state, lambda engine: engine.remove(replica.id))

    def statistics(self) -> Sequence[RouteStatistics]:
        """One entry per routed replica; all of them down when the process is gone."""
        from fullcycle.haproxy import down

        state = self._state()
        if state is None:
            return ()
        try:
            return self._process.ask(state, lambda engine: engine.statistics())
        except GoneError as error:
            return [down(route, error.message) for route in state.routes.values()]

    def address(self) -> str:
        """The URL users reach; empty when closed."""
        state = self._state()
        return f"http://127.0.0.1:{state.port}" if state else ""

    def begin(self, page: str) -> None:
        """Show everybody the page; checks and replicas go on, as does what runs already.

        Raises:
            UsageError: it is too long.
            StepError: the gateway is not open.
        """
        from fullcycle.haproxy.maintenance import checked

        self._maintain(checked(page))

    def end(self) -> None:
        """Show the application again."""
        if self.active():
            self._maintain(None)

    def active(self) -> bool:
        """Whether the page is shown."""
        state = self._state()
        return state is not None and state.page is not None

    def close(self) -> None:
        """Stop the process and forget all routes."""
        self._process.stop()
        self._file.unlink(missing_ok=True)

    @property
    def engine(self) -> str:
        """The engine that serves, or would: `haproxy` or `python`."""
        state = self._state()
        if state and self._process.answers(state):
            return state.engine
        if self._wanted == "auto":
            return "haproxy" if shutil.which("haproxy") else "python"
        if self._wanted == "haproxy" and not shutil.which("haproxy"):
            raise OutOfReachError(
                "haproxy is not installed",
                hint='install it, or set gateway = "python" in the settings',
            )
        return self._wanted

    def _start(self, port: int, health: HealthCheck, before: State | None) -> None:
        from .control import State
        from .ports import require_free

        engine = self.engine
        if before is None or before.port != port:
            require_free(port)
        self._process.stop()
        require_free(port)
        routes, page = (before.routes, before.page) if before else ({}, None)
        state = State(engine=engine, port=port, health=health, routes=routes, page=page)
        self._save(state)
        try:
            self._process.engine(state).verify()
            self._process.ensure(state)
        except StepError:
            self._process.stop()
            if before is None:
                self._file.unlink()
            raise

    def _await_healthy(self, replica: Replica, route: Route, state: State) -> None:
        limit = time.monotonic() + state.health.deadline
        answer = "its first health check has not been answered"
        self._process.ask(state, lambda engine: engine.add(route))
        while not (server := self._find(state, replica)) or not server.up:
            if server is None:  # the process died and came back without it
                self._process.ask(state, lambda engine: engine.add(route))
            answer = (server and server.check) or answer
            if time.monotonic() > limit:
                raise StepError(
                    f"replica {replica.id} at {replica.address} is not healthy after "
                    f"{state.health.deadline:g} s: {answer}",
                    hint=f"{state.health.question} must be healthy",
                )
            time.sleep(POLL_SECONDS)

    def _maintain(self, page: str | None) -> None:
        state = replace(self._opened(), page=page)
        self._save(state)
        with suppress(GoneError):  # what starts next reads the state
            self._process.ask(state, lambda engine: engine.maintain(page))

    def _find(self, state: State, replica: Replica) -> Server | None:
        servers = self._process.ask(state, lambda engine: engine.statistics())
        return next((server for server in servers if server.replica == replica.id), None)

    def _sessions(self, state: State, replica: Replica) -> int:
        server = self._find(state, replica)
        return server.sessions if server else 0

    def _without(self, replica: Replica) -> State:
        """The state after a replica has been taken out, so that no crash brings it back."""
        state = self._opened()
        if replica.id in state.routes:
            routes = {name: route for name, route in state.routes.items() if name != replica.id}
            state = replace(state, routes=routes)
            self._save(state)
        return state

    def _opened(self) -> State:
        state = self._state()
        if state is None:
            raise StepError("the gateway is not open", hint="deploy opens it")
        return state

    def _save(self, state: State) -> None:
        from fullcycle_process.home import private

        state.save(private(self._folder) / self._file.name)
        self._process.engine(state).prepare(state)

    def _state(self) -> State | None:
        from .control import State

        return State.load(self._file)

    @property
    def _file(self) -> Path:
        from .control import STATE

        return self._folder / STATE
