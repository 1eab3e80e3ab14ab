"""Asking real endpoints."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from fullcycle.observe.probe import Ask, probe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fullcycle.model import Reading


class Site(BaseHTTPRequestHandler):
    """Answers with the status that the path names."""

    def do_GET(self) -> None:
        said = f"key={self.headers.get('X-Key')}".encode()
        self.send_response(int(self.path.split("?")[0].strip("/")))
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def site() -> Iterator[str]:
    with serving(Site) as url:
        yield url


@contextmanager
def dripping() -> Iterator[str]:
    """A server that sends one byte now and then, for ever."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    while not over.wait(0.05):
                        connection.sendall(b"H")
                except OSError:
                    pass

        thread = threading.Thread(target=drip)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        over.set()
        thread.join()


def asked(*urls: str, timeout: float = 5.0) -> list[Reading]:
    return probe([Ask(url=url, timeout=timeout) for url in urls])


def values(readings: list[Reading]) -> dict[str, float]:
    return {reading.metric: reading.value for reading in readings}


@pytest.mark.parametrize(("status", "up"), [(200, 1), (204, 1), (302, 1), (404, 0), (503, 0)])
def test_an_answer_from_200_to_399_is_up(site: str, status: int, up: int) -> None:
    found = values(asked(f"{site}/{status}?q=1"))
    assert found["up"] == up
    assert found["response_status"] == status
    assert found["response_seconds"] > 0


@pytest.mark.parametrize(
    ("ask", "up"),
    [
        ({"contains": "key=a1"}, 1),
        ({"contains": "key=b"}, 0),
        ({"matches": r"^key=\w\d$"}, 1),
        ({"matches": r"^\d"}, 0),
        ({"status": {404}}, 0),
        ({"contains": "key", "status": {200}, "times": 5}, 1),
    ],
)
def test_what_is_right_can_be_said(site: str, ask: dict[str, Any], up: int) -> None:
    found = values(probe([Ask(url=f"{site}/200", headers={"X-Key": "a1"}, **ask)]))
    assert found["up"] == up
    reads = "contains" in ask or "matches" in ask
    assert found.get("response_matches", up) == up
    assert ("response_matches" in found) is reads
    assert ("response_p95_seconds" in found) is ("times" in ask)


def test_the_slow_answers_among_several_are_seen() -> None:
    class Slow(Site):
        asked: ClassVar[Iterator[int]] = count(1)

        def do_GET(self) -> None:
            threading.Event().wait(0.3 if next(self.asked) > 18 else 0)
            super().do_GET()

    with serving(Slow) as url:
        found = values(probe([Ask(url=f"{url}/200", times=20)]))
    assert found["response_seconds"] < 0.3 <= found["response_p95_seconds"]


def test_endpoints_are_told_apart_and_keep_their_order(site: str) -> None:
    urls = [f"{site}/{status}" for status in (200, 500, 204)]
    ups = [(r.subject, r.value) for r in asked(*urls) if r.metric == "up"]
    assert ups == list(zip(urls, [1, 0, 1], strict=True))


def test_an_endpoint_where_nobody_listens_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert values(asked(f"http://127.0.0.1:{port}/")) == {"up": 0}


def test_an_endpoint_that_drips_is_cut_off_when_its_time_is_over() -> None:
    with dripping() as url:
        assert values(asked(url, timeout=0.3)) == {"up": 0}


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "http:///", "http://[::/"])
def test_an_address_that_makes_no_sense_is_down(url: str) -> None:
    assert values(asked(url)) == {"up": 0}


def test_nothing_to_ask_gives_nothing() -> None:
    assert probe([]) == []


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_over_https_the_certificates_time_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"]
    subprocess.run(
        [*made, "-keyout", str(key), "-out", str(certificate), *subject],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        url = f"https://127.0.0.1:{server.server_port}/200"
        assert values(asked(url)) == {"up": 0}, "nobody vouches for it"
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        found = values(asked(url))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert found["up"] == 1
    assert 29 < found["tls_expiry_seconds"] / 86400 <= 30
