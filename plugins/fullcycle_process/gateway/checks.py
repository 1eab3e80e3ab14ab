"""Health checks of the engine `python`."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

import aiohttp

from .connections import client

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.haproxy import Route


async def check_forever(route: Route, judge: Callable[[bool, str], None]) -> None:
    """Look at a replica again and again; `judge` is told whether it is well, and the answer."""
    async with client(aiohttp.TCPConnector(force_close=True, use_dns_cache=False)) as checker:
        while True:
            judge(*await look(route, checker))
            await asyncio.sleep(route.interval)


async def look(route: Route, checker: aiohttp.ClientSession) -> tuple[bool, str]:
    """Look at a replica once, in the way its route says."""
    try:
        async with asyncio.timeout(route.timeout):
            return await (_get(route, checker) if route.kind == "http" else _connect(route))
    except TimeoutError:
        return False, f"no answer within {route.timeout:g} s"
    except (aiohttp.ClientError, OSError) as error:
        return False, reason(error)


async def _get(route: Route, checker: aiohttp.ClientSession) -> tuple[bool, str]:
    begun = time.monotonic()
    url = f"http://{route.address}{route.path}"
    async with checker.get(url, allow_redirects=False) as answer:
        milliseconds = (time.monotonic() - begun) * 1000
        return 200 <= answer.status < 400, f"{answer.status} in {milliseconds:.0f} ms"  # noqa: PLR2004


async def _connect(route: Route) -> tuple[bool, str]:
    host, _, port = route.address.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()
    return True, "connection accepted"


def reason(error: BaseException) -> str:
    """What went wrong with a connection, in a few words: `connection refused`."""
    inner = getattr(error, "os_error", error)
    number = getattr(inner, "errno", None)
    return os.strerror(number).lower() if number else str(inner) or type(inner).__name__
