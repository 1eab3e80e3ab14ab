"""What of a message's headers is handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multidict import CIMultiDict

if TYPE_CHECKING:
    from aiohttp import web
    from multidict import CIMultiDictProxy

HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "expect", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
"""RFC 9110, section 7.6.1, what older software sends, and
`Expect`, which is answered here."""


def end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """All headers but those that concern this one connection."""
    named = {name.strip().lower() for name in headers.get("Connection", "").split(",")}
    dropped = HOP_BY_HOP | named
    return CIMultiDict(
        [(name, value) for name, value in headers.items() if name.lower() not in dropped]
    )


def forwarded(request: web.BaseRequest) -> CIMultiDict[str]:
    """A request's headers, and who asked for what, as a proxy before us has not said it yet."""
    headers = end_to_end(request.headers)
    headers.add("X-Forwarded-For", request.remote or "unknown")
    headers.setdefault("X-Forwarded-Proto", request.scheme)
    headers.setdefault("X-Forwarded-Host", request.host)
    return headers
