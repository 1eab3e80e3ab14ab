"""The door: what a request without the token gets, and how a browser is let in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aiohttp import web

from .access import Access
from .render import JSON, Body, page, policy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ACCESS = web.AppKey("access", Access)
LOGIN = "/login"
OPEN = frozenset({"/healthz", "/favicon.ico", LOGIN})
"""What needs no token: whether it is there, and how to come in."""
MACHINES = ("/api/", "/metrics", "/events")
"""Addresses whose askers want no page for an answer."""


@web.middleware
async def admitted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let those in who may look; a token in the address is taken out of it at once."""
    access = request.app[ACCESS]
    if not access.addressed(request):
        raise web.HTTPMisdirectedRequest(text=f"There is no {request.url.host} here.")
    if request.path in OPEN or not access.token:
        return await handler(request)
    if "token" in request.query:
        return await _enter(request, request.query["token"], _without_token(request))
    return await handler(request) if access.allows(request) else asked(request)


async def login(request: web.Request) -> web.StreamResponse:
    """`POST /login`: the form of the page that asks for the token."""
    form = await request.post()
    token, address = str(form.get("token", "")), str(form.get("next", "/"))
    return await _enter(request, token, address)


async def _enter(request: web.Request, token: str, address: str) -> web.StreamResponse:
    try:
        return await request.app[ACCESS].enter(token, address)
    except web.HTTPUnauthorized as error:
        return asked(request, error.text or "", address)


def asked(request: web.Request, wrong: str = "", address: str = "") -> web.Response:
    """The answer to who has not said the token."""
    headers = {"WWW-Authenticate": 'Bearer realm="fullcycle"', "Cache-Control": "no-store"}
    if request.path.startswith(MACHINES):
        text = json.dumps({"error": "a token is needed", "hint": "Authorization: Bearer TOKEN"})
        return web.Response(status=401, text=text, content_type=JSON, headers=headers)
    address = address or request.path_qs
    body: Body = page("login", live=False, wrong=wrong, address=address, project="fullcycle")
    headers["Content-Security-Policy"] = policy(form="'self'")
    return web.Response(
        status=401, body=body.content, content_type=body.kind, charset="utf-8", headers=headers
    )


def _without_token(request: web.Request) -> str:
    rest = [(name, value) for name, value in request.query.items() if name != "token"]
    return str(request.rel_url.with_query(rest))
