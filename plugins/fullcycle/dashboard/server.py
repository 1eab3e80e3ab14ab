"""The web service: put together, started, and stopped without losing a request."""

from __future__ import annotations

import asyncio
import errno
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from fullcycle.errors import UsageError

from . import entrance, views
from .access import Access
from .memo import Memo
from .places import Places
from .site import Site
from .source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .platforms import Platforms

LOCAL = "127.0.0.1"
SHUTDOWN_SECONDS = 8.0
"""Requests still running so long after SIGTERM are cut off: before the 10 s after which
platforms kill (Docker's default)."""
LULL_SECONDS = 0.2
"""What was accepted before SIGTERM gets so long to send its request. aiohttp's own shutdown
ignores a request that arrives after it has begun, and leaves the client waiting."""
BACKLOG = 1024
ROUTES = (
    web.get("/", views.overview),
    web.get("/runs/{id}", views.run),
    web.get("/runs/{id}/logs/{step}", views.log),
    web.get("/runs/{id}/report", views.report),
    web.get("/deployments", views.deployments),
    web.get("/readings", views.readings),
    web.get("/replicas", views.replicas),
    web.get("/objectives", views.objectives),
    web.get("/logs", views.logs),
    web.get("/api/runs", views.api_runs),
    web.get("/api/runs/{id}", views.api_run),
    web.get("/api/deployments", views.api_deployments),
    web.get("/api/readings", views.api_readings),
    web.get("/metrics", views.metrics),
    web.get("/events", views.events),
    web.get("/healthz", views.healthz),
    web.get("/favicon.ico", views.icon),
    web.post(entrance.LOGIN, entrance.login),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is served, where, and to whom."""

    root: Path
    """The project's folder."""
    host: str = LOCAL
    """The address to bind to."""
    port: int = 8080
    """0 takes a free one."""
    access: Access = field(default_factory=Access)
    platforms: Platforms | None = None
    """What the settings know of; None shows the ledger alone, and measures nothing."""


def make_app(service: Service) -> web.Application:
    """The application that shows the project in a folder; opens nothing yet."""
    source = Source(service.root, service.platforms.name if service.platforms else "")
    app = web.Application(middlewares=[views.guarded, entrance.admitted])
    app[entrance.ACCESS] = service.access
    app[views.PLACES] = Places(source, service.platforms)
    app[views.SITE] = Site(source, app[views.PLACES])
    app[views.MEMO] = Memo(source.mark)
    app[views.MARK] = source.mark
    app[views.PROJECT] = source.name
    app[views.STOPPING] = asyncio.Event()
    app.add_routes(ROUTES)

    async def close(_app: web.Application) -> None:
        source.close()

    app.on_cleanup.append(close)
    return app


async def serve(service: Service, announce: Callable[[str], object]) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests that are running.

    Args:
        service: what is served.
        announce: gets one line with the URL as soon as requests are accepted.

    Raises:
        UsageError: the port is taken, or the address isn't one of this machine.
    """
    app = make_app(service)
    stopping = app[views.STOPPING]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await _listen(runner, service.host, service.port)
        announce(f"dashboard of {service.root} on {_url(runner)}{_with(service.access)}")
        with measuring(service.platforms):
            await stopping.wait()
        await _refuse_new(runner)
    finally:
        await runner.cleanup()


@contextmanager
def measuring(platforms: Platforms | None) -> Iterator[None]:
    """Collect readings in the background, where there is something to collect from."""
    if platforms is None:
        yield
        return
    platforms.start()
    try:
        yield
    finally:
        platforms.stop()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port, backlog=BACKLOG).start()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "the port is taken" if taken else (error.strerror or str(error))
        raise UsageError(
            f"cannot listen on {host}:{port}: {reason}",
            hint="choose another with --port, or 0 for any" if taken else "see --host and --port",
        ) from error


async def _refuse_new(runner: web.AppRunner) -> None:
    for site in list(runner.sites):
        await site.stop()
    await asyncio.sleep(LULL_SECONDS)


def _with(access: Access) -> str:
    """What comes after the URL: a token that was made here; it is told this once."""
    return f"/?token={access.token}" if access.made else ""


def _url(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
