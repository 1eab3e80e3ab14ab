"""Server-sent events: a browser hears at once that there is something new to look at.

https://html.spec.whatwg.org/multipage/server-sent-events.html. A browser that lost its stream names
the last event it got, and hears at once of what it missed. Streams are short: whoever replaces this
server waits for what it still serves, and browsers open another one by themselves.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from aiohttp import web

from .render import security_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

LIFE_SECONDS = 20.0
"""How long a stream lasts: less than a gateway waits for running requests (30 s by default)."""
LOOK_SECONDS = 0.5
"""Between two looks for something new."""
RETRY_MILLISECONDS = 1000
"""After which a browser opens the next stream."""
HEADERS = {
    **security_headers(),
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


async def stream(
    request: web.Request, mark: Callable[[], Hashable], stopping: asyncio.Event
) -> web.StreamResponse:
    """Say when the mark changes, until the stream is old or the server stops."""
    response = web.StreamResponse(headers=HEADERS)
    known = request.headers.get("Last-Event-ID", "")
    with suppress(ConnectionError):
        await response.prepare(request)
        await response.write(f"retry: {RETRY_MILLISECONDS}\n\n".encode())
        for _ in range(round(LIFE_SECONDS / LOOK_SECONDS)):
            current = sha256(repr(mark()).encode()).hexdigest()[:16]
            if current != known:
                known = current
                await response.write(f"id: {known}\nevent: change\ndata: {known}\n\n".encode())
            if await _over(stopping):
                break
        await response.write_eof()
    return response


async def _over(stopping: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
    return stopping.is_set()
