"""The engine `python` as a client of replicas."""

from __future__ import annotations

import aiohttp

from fullcycle.haproxy.configuration import CONNECT_TIMEOUT, IDLE_TIMEOUT

POOLED_SECONDS = 1.0
"""How long an idle connection is kept; shorter than any server's usual keep-alive (gunicorn's
2 s is the shortest of the well-known), so that a request hardly ever meets a closing one."""
WAIT = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT, sock_read=IDLE_TIMEOUT)


def pooled() -> aiohttp.ClientSession:
    """Keeps connections for a while."""
    return client(
        aiohttp.TCPConnector(limit=0, keepalive_timeout=POOLED_SECONDS, use_dns_cache=False)
    )


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
