"""The replicas behind the engine `python`: which one is next, how each does, is it healthy."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from contextlib import contextmanager
from statistics import fmean, quantiles
from typing import TYPE_CHECKING

import aiohttp

from .control import CONNECT_TIMEOUT, FALL, IDLE_TIMEOUT, WINDOW, Server

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from .control import Route

POOLED_SECONDS = 1.0
"""How long an idle connection is kept; shorter than any server's usual keep-alive (gunicorn's
2 s is the shortest of the well-known), so that a request hardly ever meets a closing one."""
WAIT = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT, sock_read=IDLE_TIMEOUT)


class Meter:
    """What is counted of the requests to one replica."""

    def __init__(self) -> None:
        self.sessions = 0
        self.requests = 0
        self.errors = 0
        self.seconds: deque[float] = deque(maxlen=WINDOW)

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request while it is being served."""
        self.sessions += 1
        self.requests += 1
        try:
            yield
        finally:
            self.sessions -= 1

    def answered(self, status: int, seconds: float) -> None:
        """Count a response."""
        self.seconds.append(seconds)
        self.errors += status >= 500  # noqa: PLR2004

    def quantiles(self) -> dict[str, float]:
        """p50, p95 and p99 of the last responses, in seconds; empty before the second."""
        if len(self.seconds) < 2:  # noqa: PLR2004
            return {}
        cuts = quantiles(self.seconds, n=100, method="inclusive")
        return {f"p{percent}": cuts[percent - 1] for percent in (50, 95, 99)}


class Backend:
    """One replica: its connections, its health and its counters."""

    def __init__(self, route: Route, *, up: bool) -> None:
        self.route = route
        self.up = up
        self.draining = False
        self.check = ""
        self.credit = 0
        """Of the smooth weighted round-robin."""
        self.meter = Meter()
        self._failures = 0
        self._pool: aiohttp.ClientSession | None = None
        self._watch = asyncio.create_task(self._check_forever())

    @property
    def pool(self) -> aiohttp.ClientSession:
        """The connections to it."""
        if self._pool is None:
            self._pool = client(
                aiohttp.TCPConnector(limit=0, keepalive_timeout=POOLED_SECONDS, use_dns_cache=False)
            )
        return self._pool

    async def settle(self) -> None:
        """Drop the connections to it when it is drained: it may be stopped any moment."""
        if self.draining and not self.meter.sessions:
            await self._disconnect()

    async def close(self) -> None:
        """Check it no more, and drop the connections to it when its last request is done."""
        self._watch.cancel()
        self.draining = True
        await self.settle()

    def refused(self, why: str) -> None:
        """Take it out at once: it accepts no connections. The next check may bring it back."""
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
            response_seconds=fmean(meter.seconds) if meter.seconds else None,
            check=self.check,
        )

    async def _disconnect(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def _check_forever(self) -> None:
        async with client(aiohttp.TCPConnector(force_close=True, use_dns_cache=False)) as checker:
            while True:
                self._judge(*await self._look(checker))
                await asyncio.sleep(self.route.interval)

    async def _look(self, checker: aiohttp.ClientSession) -> tuple[bool, str]:
        url = f"http://{self.route.address}{self.route.path}"
        begun = time.monotonic()
        limit = aiohttp.ClientTimeout(total=self.route.timeout)
        try:
            async with checker.get(url, allow_redirects=False, timeout=limit) as answer:
                milliseconds = (time.monotonic() - begun) * 1000
                return 200 <= answer.status < 400, f"{answer.status} in {milliseconds:.0f} ms"  # noqa: PLR2004
        except TimeoutError:
            return False, f"no answer within {self.route.timeout:g} s"
        except (aiohttp.ClientError, OSError) as error:
            return False, reason(error)

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
        if known and known.route.address == route.address:
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
        """Forget a replica; what it still serves is finished."""
        if backend := self.backends.pop(replica, None):
            await backend.close()

    async def close(self) -> None:
        """Forget all replicas."""
        for replica in tuple(self.backends):
            await self.remove(replica)


def client(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    """A client that passes on what it is given, and adds nothing."""
    return aiohttp.ClientSession(
        connector=connector,
        timeout=WAIT,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        max_line_size=16384,
        max_field_size=16384,
    )


def reason(error: BaseException) -> str:
    """What went wrong with a connection, in a few words: `connection refused`."""
    inner = getattr(error, "os_error", error)
    number = getattr(inner, "errno", None)
    return os.strerror(number).lower() if number else str(inner) or type(inner).__name__
