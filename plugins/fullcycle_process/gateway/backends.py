"""The replicas behind the engine `python`: which one is next, how each does, is it healthy."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fullcycle.haproxy import Server
from fullcycle.haproxy.servers import FALL

from .checks import check_forever
from .connections import pooled
from .meter import Meter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import aiohttp

    from fullcycle.haproxy import Route


class Backend:
    """One replica: its connections, its health and its counters."""

    def __init__(self, route: Route, *, up: bool) -> None:
        self.route = route
        self.checked = route.kind in {"http", "tcp"}
        self.up = up or not self.checked
        self.draining = False
        self.check = ""
        self.credit = 0
        """Of the smooth weighted round-robin."""
        self.meter = Meter()
        self._failures = 0
        self._pool: aiohttp.ClientSession | None = None
        self._running: set[asyncio.Task[object]] = set()
        self._watch = (
            asyncio.create_task(check_forever(route, self._judge)) if self.checked else None
        )

    @property
    def pool(self) -> aiohttp.ClientSession:
        """The connections to it."""
        if self._pool is None:
            self._pool = pooled()
        return self._pool

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Count what the current task does as a request to it."""
        task = asyncio.current_task()
        with self.meter.request():
            if task:
                self._running.add(task)
            try:
                yield
            finally:
                if task:
                    self._running.discard(task)

    async def settle(self) -> None:
        """Drop the connections to it when it is drained: it may be stopped any moment."""
        if self.draining and not self.meter.sessions:
            await self._disconnect()

    async def close(self) -> None:
        """Check it no more, and drop the connections to it when its last request is done."""
        if self._watch:
            self._watch.cancel()
        self.draining = True
        await self.settle()

    def cut(self) -> None:
        """End what it still serves."""
        for task in tuple(self._running):
            task.cancel()

    def refused(self, why: str) -> None:
        """Take it out at once: it accepts no connections. The next check may bring it back."""
        if self.checked:
            self.up, self.check = False, why

    def server(self) -> Server:
        """What is known of it."""
        meter = self.meter
        return Server(
            replica=self.route.replica,
            up=self.up,
            weight=0 if self.draining else self.route.weight,
            sessions=meter.sessions,
            requests=meter.requests,
            errors=meter.errors,
            response_seconds=meter.mean(),
            latencies=meter.latencies(),
            check=self.check,
        )

    async def _disconnect(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    def _judge(self, healthy: bool, answer: str) -> None:
        self.check = answer
        self._failures = 0 if healthy else self._failures + 1
        if healthy or self._failures >= FALL:
            self.up = healthy


class Balancer:
    """Chooses the replica of each request."""

    def __init__(self) -> None:
        self.backends: dict[str, Backend] = {}

    def choose(self, tried: Collection[Backend] = ()) -> Backend | None:
        """The next replica in smooth weighted round-robin (nginx' algorithm), if there is one."""
        able = [
            backend
            for backend in self.backends.values()
            if backend.up and not backend.draining and backend.route.weight and backend not in tried
        ]
        if not able:
            return None
        for backend in able:
            backend.credit += backend.route.weight
        chosen = max(able, key=lambda backend: backend.credit)
        chosen.credit -= sum(backend.route.weight for backend in able)
        return chosen

    async def add(self, route: Route, *, up: bool = False) -> None:
        """Add a replica, or change its weight, or take it back while it is being drained."""
        known = self.backends.get(route.replica)
        if known and (known.route.address, known.route.kind) == (route.address, route.kind):
            known.route, known.draining = route, False
            return
        self.backends[route.replica] = Backend(route, up=up)
        if known:
            await known.close()

    async def drain(self, replica: str) -> None:
        """Give a replica no new requests."""
        if backend := self.backends.get(replica):
            backend.draining = True
            await backend.settle()

    async def remove(self, replica: str) -> None:
        """Forget a replica, and end what it still serves."""
        if backend := self.backends.pop(replica, None):
            backend.cut()
            await backend.close()

    async def close(self) -> None:
        """Forget all replicas."""
        for replica in tuple(self.backends):
            await self.remove(replica)
