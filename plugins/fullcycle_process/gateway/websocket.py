"""Websockets: messages are handed on in both directions until one side closes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import (
    ClientConnectionError,
    ClientSession,
    ClientWebSocketResponse,
    WSCloseCode,
    WSMsgType,
    WSServerHandshakeError,
    web,
)

from .headers import forwarded

if TYPE_CHECKING:
    from yarl import URL

Side: TypeAlias = ClientWebSocketResponse | web.WebSocketResponse


async def tunnel(pool: ClientSession, request: web.BaseRequest, url: URL) -> web.StreamResponse:
    """Connect to the replica, then accept the client's websocket with what the replica chose."""
    headers = forwarded(request)
    offered = headers.getall("Sec-WebSocket-Protocol", [])
    for name in [name for name in headers if name.lower().startswith("sec-websocket-")]:
        headers.popall(name, None)
    protocols = [name.strip() for line in offered for name in line.split(",")]
    try:
        replica = await pool.ws_connect(
            url, headers=headers, protocols=protocols, autoping=False, max_msg_size=0
        )
    except WSServerHandshakeError as error:
        return web.Response(status=error.status, text=error.message)
    async with replica:
        chosen = (replica.protocol,) if replica.protocol else ()
        client = web.WebSocketResponse(
            protocols=chosen, autoping=False, max_msg_size=0, compress=False
        )
        await client.prepare(request)
        with suppress(ClientConnectionError, ConnectionError):
            await asyncio.gather(_hand_on(client, replica), _hand_on(replica, client))
        return client


async def _hand_on(source: Side, target: Side) -> None:
    async for message in source:
        match message.type:
            case WSMsgType.TEXT:
                await target.send_str(message.data)
            case WSMsgType.BINARY:
                await target.send_bytes(message.data)
            case WSMsgType.PING:
                await target.ping(message.data)
            case WSMsgType.PONG:
                await target.pong(message.data)
    code = source.close_code or WSCloseCode.GOING_AWAY
    lost = code == WSCloseCode.ABNORMAL_CLOSURE
    await target.close(code=WSCloseCode.INTERNAL_ERROR if lost else code)
