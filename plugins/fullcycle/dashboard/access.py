"""Who may look at the dashboard: whoever can reach it, or whoever knows the token."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from hashlib import sha256
from typing import TYPE_CHECKING

from aiohttp import web

from fullcycle.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

COOKIE = "fullcycle-dashboard"
SESSION_SECONDS = 12 * 3600
"""How long a browser is let in without the token."""
SHORTEST = 16
"""Characters of a token that somebody chose: shorter ones can be tried out."""
DELAY_SECONDS = 0.5
"""Until a wrong token is answered."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Access:
    """Lets requests in, or not."""

    def __init__(self, token: str = "", hosts: Collection[str] = (), *, made: bool = False) -> None:
        """Remember what is asked for.

        Args:
            token: what everybody has to know; nothing without.
            hosts: names under which the dashboard may be asked for; any without. On the loopback
                address this keeps out pages of others whose name leads here (DNS rebinding).
            made: whether the token was made here: somebody has to be told.

        Raises:
            UsageError: the token is too short.
        """
        if token and len(token) < SHORTEST:
            raise UsageError(
                f"the dashboard's token has {len(token)} characters, it needs {SHORTEST} or more",
                hint="leave FULLCYCLE_DASHBOARD_TOKEN out, and a good one is made",
            )
        self.token = token
        self.made = made
        self._hosts = frozenset(hosts)

    def addressed(self, request: web.Request) -> bool:
        """Whether the request asks for a name that is ours."""
        return not self._hosts or request.url.host in self._hosts

    def allows(self, request: web.Request) -> bool:
        """Whether the request comes with the token, or from a browser that had it."""
        if not self.token:
            return True
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.knows(given.strip()):
            return True
        return self._holds(request.cookies.get(COOKIE, ""))

    def knows(self, given: str) -> bool:
        """Whether this is the token; takes the same time whatever is wrong with it."""
        return hmac.compare_digest(given.encode(), self.token.encode())

    async def enter(self, given: str, address: str) -> web.Response:
        """Let a browser in that has the token, by a cookie, and send it to an address of ours.

        Raises:
            HTTPUnauthorized: it is another token.
        """
        if not self.knows(given):
            await asyncio.sleep(DELAY_SECONDS)
            raise web.HTTPUnauthorized(text="This is not the token.")
        response = web.Response(status=303, headers={"Location": local(address)})
        response.set_cookie(
            COOKIE, self._ticket(), max_age=SESSION_SECONDS, httponly=True, samesite="Lax", path="/"
        )
        return response

    def _ticket(self) -> str:
        """What a browser keeps: not the token, and of no use after its time."""
        until = str(int(time.time()) + SESSION_SECONDS)
        return f"{until}.{self._signed(until)}"

    def _holds(self, ticket: str) -> bool:
        until, _, signature = ticket.partition(".")
        valid = hmac.compare_digest(signature.encode(), self._signed(until).encode())
        return valid and int(until) > time.time()

    def _signed(self, text: str) -> str:
        return hmac.new(self.token.encode(), text.encode(), sha256).hexdigest()


def access(host: str, token: str, *, wanted: bool) -> Access:
    """Who may look at a dashboard that listens on an address.

    On the loopback address everybody on this machine may, by a name of this machine only. On
    others a token is needed: the one given, or one that nobody can guess.

    Args:
        host: the address.
        token: one that somebody chose; empty without.
        wanted: whether one is needed on the loopback address, too.

    Raises:
        UsageError: the token is too short.
    """
    if token or wanted or host not in LOOPBACK:
        return Access(token or secrets.token_urlsafe(24), made=not token)
    return Access(hosts=LOOPBACK)


def local(address: str) -> str:
    """An address of this server, whatever was given: never one of another."""
    ours = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if ours and "\n" not in address and "\r" not in address else "/"
