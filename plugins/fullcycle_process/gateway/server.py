"""The process of the engine `python`: a reverse proxy, and the socket it is controlled by.

Run as `python -m fullcycle_process.gateway STATE_FILE CONTROL_SOCKET`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fullcycle.haproxy import Route
from fullcycle.haproxy.configuration import IDLE_TIMEOUT

from .backends import Balancer
from .control import State
from .proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_LINE = 16384
"""Bytes of a request line or header (HAProxy's buffer size)."""
LONGEST_ORDER = 1 << 20
"""Bytes of what the process is told."""
GOODBYE_SECONDS = 5.0
"""How long running requests get to finish when the process is told to end."""


class Control:
    """Answers one JSON line with another."""

    def __init__(self, balancer: Balancer, proxy: Proxy) -> None:
        self._balancer = balancer
        self._proxy = proxy

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Do what one connection asks for."""
        try:
            answer = await self._do(**json.loads(await reader.readline()))
        except (ValueError, TypeError, KeyError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        writer.write(json.dumps(answer).encode())
        writer.close()

    async def _do(
        self,
        do: str,
        *,
        replica: str = "",
        route: Mapping[str, Any] | None = None,
        page: str | None = None,
    ) -> dict[str, Any]:
        balancer, backends = self._balancer, self._balancer.backends.values()
        match do:
            case "add":
                await balancer.add(Route(**(route or {})))
            case "drain":
                await balancer.drain(replica)
            case "remove":
                await balancer.remove(replica)
            case "statistics":
                return {"servers": [asdict(backend.server()) for backend in backends]}
            case "maintain":
                self._proxy.page = page
            case _:
                return {"error": f"unknown command {do!r}"}
        return {}


async def serve(state: State, socket: Path) -> None:
    """Serve until told to end.

    Raises:
        OSError: the port is taken.
    """
    balancer = Balancer()
    for route in state.routes.values():
        await balancer.add(route, up=True)
    proxy = Proxy(balancer, state.page)
    runner = await _listen(proxy, state.port)
    control = await asyncio.start_unix_server(Control(balancer, proxy), socket, limit=LONGEST_ORDER)
    async with control:
        await _told_to_end()
    await runner.cleanup()
    await balancer.close()


async def _listen(proxy: Proxy, port: int) -> web.ServerRunner:
    server = web.Server(
        proxy,
        access_log=None,
        auto_decompress=False,
        handler_cancellation=True,
        keepalive_timeout=IDLE_TIMEOUT,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
    )
    runner = web.ServerRunner(server, shutdown_timeout=GOODBYE_SECONDS)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    return runner


async def _told_to_end() -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()


def main() -> None:
    """Read the arguments and serve."""
    os.umask(0o077)
    file, socket = Path(sys.argv[1]), Path(sys.argv[2])
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    state = State.load(file)
    if state is None:
        sys.exit(f"{file} is missing")
    try:
        asyncio.run(serve(state, socket))
    except OSError as error:
        sys.exit(f"port {state.port}: {error.strerror or error}")
