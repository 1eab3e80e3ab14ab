"""A small application for the gateway's tests: `python replica.py ID`; prints its port.

It keeps connections alive, and on SIGTERM finishes what runs and closes what is idle.
"""

import asyncio
import sys

from aiohttp import WSMsgType, web

NAME = sys.argv[1]
state = {"health": 200}


async def health(_request: web.Request) -> web.Response:
    return web.Response(status=state["health"])


async def set_health(request: web.Request) -> web.Response:
    state["health"] = int(request.match_info["status"])
    return web.Response()


async def name(_request: web.Request) -> web.Response:
    return web.Response(text=NAME)


async def slow(request: web.Request) -> web.Response:
    await asyncio.sleep(float(request.match_info["seconds"]))
    return web.Response(text=NAME)


async def status(request: web.Request) -> web.Response:
    return web.Response(status=int(request.match_info["status"]))


async def echo(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    async for chunk in request.content.iter_any():
        await response.write(chunk)
    return response


async def head(request: web.Request) -> web.Response:
    facts = {"path": request.raw_path, "headers": list(request.headers.items())}
    return web.json_response(facts, headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])


async def peer(request: web.Request) -> web.Response:
    connection = request.transport and request.transport.get_extra_info("peername")
    return web.Response(text=str(connection))


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"tick\n")
        await asyncio.sleep(0.02)


async def half(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000000"})
    await response.prepare(request)
    await response.write(b"x" * 1000)
    if request.transport:
        request.transport.abort()
    return response


async def expectant(_request: web.Request) -> None:
    """Leave the answer to `Expect` to the handler."""


async def early(request: web.Request) -> web.Response:
    """Say 100 and begin the answer in one packet, before there is a body."""
    assert request.transport
    go_on = b"HTTP/1.1 100 Continue\r\n\r\n" if "Expect" in request.headers else b""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    request.transport.write(go_on + head)
    body = await request.read()
    request.transport.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    request.transport.close()
    return web.Response()


async def hang_up(request: web.Request) -> web.Response:
    sys.stdout.write(f"{request.method} /hang-up\n")
    sys.stdout.flush()
    if request.transport:
        request.transport.abort()
    return web.Response()


async def websocket(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=("chat",))
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            if message.data == "bye":
                await socket.close(code=4001)
            await socket.send_str(f"{NAME}: {message.data}")
        else:
            await socket.send_bytes(message.data)
    return socket


async def serve() -> web.Application:
    application = web.Application(client_max_size=0)
    application.router.add_get("/healthz", health)
    application.router.add_post("/health/{status}", set_health)
    application.router.add_get("/slow/{seconds}", slow)
    application.router.add_post("/slow/{seconds}", slow)
    application.router.add_get("/status/{status}", status)
    application.router.add_post("/echo", echo)
    application.router.add_get("/peer", peer)
    application.router.add_get("/endless", endless)
    application.router.add_get("/half", half)
    application.router.add_post("/early", early, expect_handler=expectant)
    application.router.add_route("*", "/hang-up", hang_up)
    application.router.add_get("/websocket", websocket)
    application.router.add_get("/head{rest:.*}", head)
    application.router.add_route("*", "/", name)
    return application


def announce() -> None:
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    import socket as sockets

    listener = sockets.create_server(("127.0.0.1", 0), backlog=1024)
    announce()
    web.run_app(serve(), sock=listener, access_log=None, print=None, shutdown_timeout=20)
