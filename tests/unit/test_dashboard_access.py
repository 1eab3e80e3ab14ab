"""Who may look at the dashboard, and how a browser hears of news."""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import closing
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from dashboard_project import fill, serving, succeeded_run
from fullcycle.dashboard.access import COOKIE, LOOPBACK, Access, access, local
from fullcycle.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fullcycle.pipeline.ledger import Ledger

TOKEN = "something-long-enough"  # noqa: S105 (a fake)  # pragma: allowlist secret
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("dashboard") / "shop"
    root.mkdir()
    with closing(fill(root)), serving(root, FULLCYCLE_DASHBOARD_TOKEN=TOKEN) as it:
        yield it[0]


def ask(
    url: str, path: str, method: str = "GET", body: str | None = None, **headers: str
) -> tuple[int, http.client.HTTPMessage, str]:
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()


@pytest.mark.parametrize(
    "path", ["/", "/readings", "/runs/last", "/api/runs", "/metrics", "/events"]
)
def test_nothing_is_shown_without_the_token(url: str, path: str) -> None:
    status, headers, text = ask(url, path)
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Bearer")
    assert "full-cycle" not in text


def test_whether_it_is_there_needs_no_token(url: str) -> None:
    assert ask(url, "/healthz")[0] == 200


@pytest.mark.parametrize(
    "given", ["Bearer ", "Bearer nothing", f"Basic {TOKEN}", f"Bearer {TOKEN}x"]
)
def test_another_token_opens_nothing(url: str, given: str) -> None:
    assert ask(url, "/api/runs", Authorization=given)[0] == 401


def test_machines_send_the_token_in_a_header(url: str) -> None:
    status, _, text = ask(url, "/api/runs", Authorization=f"bearer {TOKEN}")
    assert status == 200
    assert "full-cycle" in text


def test_a_browser_gets_a_cookie_and_loses_the_token_from_its_address(url: str) -> None:
    status, headers, _ = ask(url, f"/readings?range=7d&token={TOKEN}")
    assert (status, headers["Location"]) == (303, "/readings?range=7d")
    made = SimpleCookie(headers["Set-Cookie"])[COOKIE]
    assert made["httponly"]
    assert made["samesite"] == "Lax"
    assert TOKEN not in made.value
    assert ask(url, "/readings", Cookie=f"{COOKIE}={made.value}")[0] == 200


@pytest.mark.parametrize("value", ["", "1", "99999999999.", "99999999999.0", f"{2**40}.{'a' * 64}"])
def test_a_cookie_that_was_made_elsewhere_opens_nothing(url: str, value: str) -> None:
    assert ask(url, "/", Cookie=f"{COOKIE}={value}")[0] == 401


def test_a_cookie_is_of_no_use_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Access(TOKEN)
    ticket = one._ticket()
    assert one._holds(ticket)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 13 * 3600)
    assert not one._holds(ticket)


def test_the_form_lets_in_and_leads_back_and_nowhere_else(url: str) -> None:
    right, wrong = f"token={TOKEN}&next=/deployments", "token=wrong&next=/deployments"
    status, headers, _ = ask(url, "/login", "POST", right, **FORM)
    assert (status, headers["Location"]) == (303, "/deployments")
    status, headers, text = ask(url, "/login", "POST", wrong, **FORM)
    assert status == 401
    assert "This is not the token." in text
    assert 'value="/deployments"' in text
    assert "form-action 'self'" in headers["Content-Security-Policy"]
    status, headers, _ = ask(url, "/login", "POST", f"token={TOKEN}&next=//evil.example", **FORM)
    assert headers["Location"] == "/"


@pytest.mark.parametrize("address", ["//a", "/\\a", "https://a", "a", "", "/a\r\nX: y"])
def test_only_an_address_of_ours_is_led_to(address: str) -> None:
    assert local(address) == "/"


def test_every_response_says_what_a_browser_may_do(url: str) -> None:
    for path in ("/", "/healthz", "/metrics", "/nothing"):
        headers = ask(url, path, Authorization=f"Bearer {TOKEN}")[1]
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_a_short_token_is_refused() -> None:
    with pytest.raises(UsageError, match="it needs 16 or more"):
        Access("short")


def test_another_address_than_this_machines_own_always_has_a_token() -> None:
    made = access("0.0.0.0", "", wanted=False)  # noqa: S104 (nothing is bound)
    assert made.made
    assert len(made.token) >= 32
    assert made.token != access("0.0.0.0", "", wanted=False).token  # noqa: S104 (nothing is bound)
    assert not access("127.0.0.1", "", wanted=False).token
    assert access("127.0.0.1", "", wanted=False)._hosts == LOOPBACK
    assert access("127.0.0.1", TOKEN, wanted=True).token == TOKEN


class Stream:
    """A browser that listens."""

    def __init__(self, url: str, last: str = "") -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
        self.connection.request("GET", "/events", headers={"Last-Event-ID": last} if last else {})
        self.answer = self.connection.getresponse()

    def event(self) -> dict[str, str]:
        """The next one."""
        found: dict[str, str] = {}
        while line := self.answer.readline().decode():
            if line == "\n" and "event" in found:
                return found
            name, _, value = line.rstrip("\n").partition(": ")
            found[name] = value
        return found

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(fill(tmp_path)) as filled:
        yield filled


def test_a_browser_hears_of_a_change_and_after_a_break_of_what_it_missed(ledger: Ledger) -> None:
    with serving(ledger.root) as (url, _):
        with closing(Stream(url)) as stream:
            assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
            first = stream.event()
            ledger.finish(succeeded_run())
            second = stream.event()
        assert (first["event"], second["event"]) == ("change", "change")
        assert first["id"] != second["id"]
        with closing(Stream(url, first["id"])) as stream:
            assert stream.event()["id"] == second["id"]
        with closing(Stream(url, second["id"])) as stream:
            stream.connection.sock.settimeout(1.5)
            with pytest.raises(socket.timeout):
                stream.event()


def test_who_listens_does_not_keep_the_server_from_stopping(ledger: Ledger) -> None:
    with serving(ledger.root) as (url, process):
        with closing(Stream(url)) as stream:
            stream.event()
            process.terminate()
            assert stream.event() == {}
        assert process.wait(timeout=20) == 0
