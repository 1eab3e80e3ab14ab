"""What the gateway does with requests and answers of every kind."""

from __future__ import annotations

import asyncio
import json
import socket
from http.client import HTTPConnection, IncompleteRead
from io import BytesIO
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from fullcycle.model import Replica, ReplicaState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.gateway.conftest import Services, Site

MEGABYTE = 1 << 20


@pytest.fixture
def one(open_site: Site, services: Services) -> Site:
    """A gateway with one replica."""
    open_site.route(*services.start("one"))
    return open_site


def test_the_replica_learns_who_asked_for_what(one: Site) -> None:
    facts = seen_by_replica(one, "/head/a%2Fb?q=%20x&q=2", {"Host": "shop.example", "X-Mine": "1"})
    assert facts["path"] == "/head/a%2Fb?q=%20x&q=2"
    headers = {name.lower(): value for name, value in facts["headers"]}
    assert headers["host"] == headers["x-forwarded-host"] == "shop.example"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-mine"] == "1"
    assert "user-agent" not in headers


def test_what_a_proxy_before_the_gateway_said_is_kept(one: Site) -> None:
    said = {
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "shop.example",
    }
    headers = seen_by_replica(one, "/head", said)["headers"]
    assert [value for name, value in headers if name == "X-Forwarded-For"] == [
        "203.0.113.7",
        "127.0.0.1",
    ]
    assert dict(headers) | said == dict(headers) | {"X-Forwarded-For": "203.0.113.7"}


@pytest.mark.parametrize("engine", ["python"])  # HAProxy hands them on as they are
def test_headers_of_one_connection_are_not_handed_on(site: Site, services: Services) -> None:
    site.open()
    site.route(*services.start("one"))
    sent = {"Connection": "keep-alive, X-Hop", "X-Hop": "1", "Keep-Alive": "timeout=5", "TE": "x"}
    names = {name.lower() for name, _ in seen_by_replica(site, "/head", sent)["headers"]}
    assert names.isdisjoint({"x-hop", "keep-alive", "te"})


def test_headers_that_come_twice_stay_two(one: Site) -> None:
    connection = HTTPConnection("127.0.0.1", one.port)
    connection.request("GET", "/head")
    answer = connection.getresponse()
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    connection.close()


def test_a_connection_serves_many_requests(one: Site) -> None:
    connection = HTTPConnection("127.0.0.1", one.port)
    connection.connect()
    first = connection.sock
    for _ in range(5):
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"one"
        assert connection.sock is first
    connection.close()


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 20 * MEGABYTE])
def test_bodies_of_any_size_go_there_and_back(one: Site, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    assert upload(one, body[:size]) == body[:size]


def test_a_body_of_unknown_length_goes_there_and_back(one: Site) -> None:
    assert upload(one, chunks()) == b"".join(chunks())


@pytest.mark.parametrize("path", ["/echo", "/early"])
def test_a_client_that_waits_before_it_sends_its_body_is_told_to_go_on(
    one: Site, path: str
) -> None:
    with socket.create_connection(("127.0.0.1", one.port), timeout=10) as client:
        client.sendall(
            b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n" % path.encode()
            + b"Connection: close\r\nExpect: 100-continue\r\n\r\n"
        )
        assert client.recv(1000).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"hello")
        assert b"hello" in b"".join(iter(lambda: client.recv(1000), b""))


def test_an_answer_is_streamed_while_the_replica_writes_it(one: Site) -> None:
    connection = HTTPConnection("127.0.0.1", one.port, timeout=10)
    connection.request("GET", "/endless")
    assert connection.getresponse().read(10) == b"tick\ntick\n"
    connection.close()


def test_a_client_that_leaves_leaves_no_session(one: Site) -> None:
    connection = HTTPConnection("127.0.0.1", one.port, timeout=10)
    connection.request("GET", "/endless")
    connection.getresponse().read(5)
    connection.close()
    one.until(lambda: one.gateway.statistics()[0].sessions == 0)


@pytest.mark.parametrize("status", [204, 301, 304, 404, 418, 500])
def test_every_status_is_handed_back(one: Site, status: int) -> None:
    assert one.get(f"/status/{status}") == (status, "")


def test_an_answer_to_head_keeps_its_length(one: Site) -> None:
    connection = HTTPConnection("127.0.0.1", one.port, timeout=10)
    connection.request("HEAD", "/")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Content-Length"], answer.read()) == (200, "3", b"")
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"one"
    connection.close()


def test_an_answer_that_breaks_off_is_not_passed_off_as_whole(one: Site) -> None:
    with pytest.raises((IncompleteRead, ConnectionResetError)):
        one.get("/half")


def test_a_post_whose_replica_is_gone_reaches_another_one(
    open_site: Site, services: Services
) -> None:
    one, two = services.start("one", "two")
    open_site.route(one, two)
    open_site.names(4)
    one.kill()
    assert [open_site.post("/echo", b"order 1") for _ in range(4)] == [(200, "order 1")] * 4


def test_a_post_without_an_answer_is_not_sent_twice(open_site: Site, services: Services) -> None:
    one, two = services.start("one", "two")
    open_site.route(one, two)
    assert open_site.post("/hang-up", b"order 1")[0] == 502
    one.kill()
    two.kill()
    assert len(one.said() + two.said()) == 1


def test_a_get_without_an_answer_is_sent_to_another_replica(
    open_site: Site, services: Services
) -> None:
    one, two = services.start("one", "two")
    open_site.route(one, two)
    assert open_site.get("/hang-up")[0] in {502, 503}
    one.kill()
    two.kill()
    assert one.said()
    assert two.said()


def test_websockets_talk_through_the_gateway(one: Site) -> None:
    async def talk() -> None:
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{one.port}/websocket"
            async with session.ws_connect(url, protocols=("other", "chat")) as talk:
                assert talk.protocol == "chat"
                await talk.send_str("héllo")
                assert await talk.receive_str(timeout=10) == "one: héllo"
                await talk.send_bytes(b"\0" * MEGABYTE)
                assert await talk.receive_bytes(timeout=10) == b"\0" * MEGABYTE
                sessions = await asyncio.to_thread(lambda: one.gateway.statistics()[0].sessions)
                assert sessions == 1
                await talk.send_str("bye")
                await talk.receive(timeout=10)
                assert talk.close_code == 4001

    asyncio.run(talk())
    one.until(lambda: one.gateway.statistics()[0].sessions == 0)


def test_a_websocket_is_waited_for_and_cut_when_its_replica_is_withdrawn(
    open_site: Site, services: Services
) -> None:
    one, two = services.start("one", "two")
    open_site.route(one)

    async def talk() -> None:
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{open_site.port}/websocket"
            async with session.ws_connect(url) as talk:
                await asyncio.to_thread(open_site.route, two)
                assert not await asyncio.to_thread(open_site.gateway.drain, one.replica, 0.3)
                await talk.send_str("still there?")
                assert await talk.receive_str(timeout=10) == "one: still there?"
                assert open_site.seen(one).sessions == 1
                await asyncio.to_thread(open_site.gateway.withdraw, one.replica)
                ended = await talk.receive(timeout=10)
                assert ended.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}

    asyncio.run(talk())
    assert open_site.names(4) == {"two": 4}
    one.stop()


def test_draining_ends_as_soon_as_the_websocket_does(one: Site) -> None:
    async def talk() -> bool:
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{one.port}/websocket"
            async with session.ws_connect(url) as talk:
                assert one.gateway.statistics()[0].sessions == 1
                leaving = named(one.gateway.statistics()[0].replica)
                drained = asyncio.create_task(asyncio.to_thread(one.gateway.drain, leaving, 60))
                await talk.send_str("bye")
                await talk.receive(timeout=10)
            return await drained

    assert asyncio.run(talk())


def test_a_websocket_the_replica_refuses_is_refused(one: Site) -> None:
    async def refused() -> int:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                await session.ws_connect(f"http://127.0.0.1:{one.port}/status/403")
            return refusal.value.status

    assert asyncio.run(refused()) == 403


def named(name: str) -> Replica:
    """What is enough for a gateway to drain it."""
    return Replica(id=name, deployment="", version="", digest="", state=ReplicaState.DRAINING)


def seen_by_replica(site: Site, path: str, headers: dict[str, str]) -> dict[str, Any]:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=10)
    connection.putrequest("GET", path, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    facts: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return facts


def upload(site: Site, body: bytes | Iterator[bytes]) -> bytes:
    async def send() -> bytes:
        async with aiohttp.ClientSession() as session:
            data = BytesIO(body) if isinstance(body, bytes) else slowly(body)
            async with session.post(f"http://127.0.0.1:{site.port}/echo", data=data) as answer:
                assert answer.status == 200
                return await answer.read()

    return asyncio.run(send())


async def slowly(parts: Iterator[bytes]) -> Any:
    for part in parts:
        yield part
        await asyncio.sleep(0)


def chunks() -> Iterator[bytes]:
    return (b"%d" % number * 1000 for number in range(100))
