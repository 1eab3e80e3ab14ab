"""Hands requests on to replicas, and their answers back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from yarl import URL

from fullcycle.haproxy.configuration import CONNECT_TIMEOUT, IDLE_TIMEOUT, UNAVAILABLE
from fullcycle.haproxy.maintenance import RETRY_SECONDS

from .checks import reason
from .connections import WAIT
from .headers import end_to_end, forwarded
from .websocket import tunnel

if TYPE_CHECKING:
    from aiohttp import StreamReader

    from .backends import Backend, Balancer

REPEATABLE = frozenset({"GET", "HEAD"})
"""Methods of which sending one twice changes nothing (RFC 9110, section 9.2.1)."""
SMALL = 65536
"""Bytes up to which a body is handed on in one piece, not as a stream."""
UPLOAD = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT)
"""For a body that takes as long as the client sends it."""


class UnansweredError(Exception):
    """A replica has not answered, and another one may be asked."""


class Proxy:
    """The handler of all requests."""

    def __init__(self, balancer: Balancer, page: str | None) -> None:
        self._balancer = balancer
        self.page = page
        """What everybody gets instead of an answer, if anything."""

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Ask one replica after the other until one answers."""
        if self.page is not None:
            return _unavailable(self.page, RETRY_SECONDS)
        tried: list[Backend] = []
        while backend := self._balancer.choose(tried):
            tried.append(backend)
            try:
                return await _serve(backend, request)
            except UnansweredError:
                backend.meter.errors += 1
        return _unavailable(UNAVAILABLE, 1)


async def _serve(backend: Backend, request: web.BaseRequest) -> web.StreamResponse:
    try:
        with backend.serving():
            return await _exchange(backend, request)
    finally:
        if backend.draining:
            await backend.settle()


async def _exchange(backend: Backend, request: web.BaseRequest) -> web.StreamResponse:
    """One attempt with one replica.

    Raises:
        UnansweredError: it cannot have had any effect, or may have it twice.
    """
    try:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await tunnel(backend.pool, request, _url(backend, request))
        begun = time.monotonic()
        answer = await _ask(backend, request)
        backend.meter.answered(answer.status, time.monotonic() - begun)
        return await _hand_back(answer, request)
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, ConnectionRefusedError):
            backend.refused(reason(error))
        raise UnansweredError from error
    except aiohttp.ConnectionTimeoutError as error:
        raise UnansweredError from error
    except TimeoutError:
        backend.meter.errors += 1
        return _page(504, f"The application has not answered within {IDLE_TIMEOUT:g} s.\n")
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
        if request.method in REPEATABLE and not request.body_exists:
            raise UnansweredError from error
        backend.meter.errors += 1
        return _page(502, "The application closed the connection without an answer.\n")


async def _ask(backend: Backend, request: web.BaseRequest) -> aiohttp.ClientResponse:
    body: bytes | StreamReader | None = None
    wait = WAIT
    if request.body_exists:
        if "Expect" in request.headers and request.transport:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if (request.content_length or SMALL + 1) <= SMALL:
            body = await request.read()
        else:
            body, wait = request.content, UPLOAD
    return await backend.pool.request(
        request.method,
        _url(backend, request),
        headers=forwarded(request),
        data=body,
        allow_redirects=False,
        timeout=wait,
    )


async def _hand_back(
    answer: aiohttp.ClientResponse, request: web.BaseRequest
) -> web.StreamResponse:
    headers, length = end_to_end(answer.headers), answer.content_length
    async with answer:
        if length is not None and length <= SMALL:
            body = await answer.read()
            return web.Response(
                status=answer.status, reason=answer.reason, headers=headers, body=body
            )
        response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
        await response.prepare(request)
        try:
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
        except (aiohttp.ClientError, OSError):
            # Half an answer has gone out: only a broken connection tells the client.
            if request.transport:
                request.transport.abort()
        return response


def _url(backend: Backend, request: web.BaseRequest) -> URL:
    raw = request.raw_path
    path = raw if raw.startswith("/") else request.rel_url.raw_path_qs
    return URL(f"http://{backend.route.address}{path}", encoded=True)


def _unavailable(page: str, seconds: int) -> web.Response:
    headers = {"Retry-After": f"{seconds}", "Cache-Control": "no-store"}
    return web.Response(status=503, text=page, content_type="text/html", headers=headers)


def _page(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text)
