"""Users see a page instead of the application, and nothing else changes."""

from __future__ import annotations

import threading
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import StepError, UsageError
from fullcycle.haproxy.maintenance import BYTES, LINES
from fullcycle.providers import Maintenance
from fullcycle_process.gateway import Gateway

if TYPE_CHECKING:
    from integration.gateway.conftest import Services, Site

PAGE = """<!doctype html>
<title>Back soon; “really”</title>
<script>
  // a line of its own: 100% \\n "quoted" 'too' # {braces} $HOME
  let a = `|${1 + 1}`

</script>
|<pre>
    kept
</pre>
"""


def test_a_gateway_has_a_maintenance_page() -> None:
    assert issubclass(Gateway, Maintenance)


def test_everybody_gets_the_page_until_its_end(open_site: Site, services: Services) -> None:
    open_site.route(*services.start("one"))
    assert not open_site.gateway.active()
    open_site.gateway.begin(PAGE)
    assert open_site.gateway.active()
    for method, path in (("GET", "/"), ("GET", "/healthz"), ("POST", "/echo"), ("DELETE", "/x")):
        status, headers, text = asked(open_site, method, path)
        assert (status, text.rstrip()) == (503, PAGE.rstrip())
        assert int(headers["retry-after"]) > 0
        assert headers["content-type"].startswith("text/html")
        assert "charset=utf-8" in headers["content-type"]
    open_site.gateway.end()
    assert not open_site.gateway.active()
    assert open_site.names(4) == {"one": 4}


def test_a_page_can_be_replaced_while_it_is_shown(open_site: Site) -> None:
    open_site.gateway.begin("first\nsecond")
    open_site.gateway.begin("third")
    assert open_site.get()[1].rstrip() == "third"
    open_site.gateway.end()
    open_site.gateway.end()


@pytest.mark.parametrize("lines", [1, 2, 5, 17, 299, 300])
def test_a_page_has_no_more_blank_lines_at_its_end_than_it_has_lines(
    open_site: Site, lines: int
) -> None:
    page = "\n".join(f"<p>{number}" for number in range(lines))
    open_site.gateway.begin(page)
    text = open_site.get()[1]
    assert text.rstrip() == page
    assert text.count("\n") <= 1.6 * lines


def test_an_empty_page_is_one(open_site: Site, services: Services) -> None:
    open_site.route(*services.start("one"))
    open_site.gateway.begin("")
    assert (open_site.get()[0], open_site.gateway.active()) == (503, True)


def test_replicas_come_and_go_meanwhile(open_site: Site, services: Services) -> None:
    one, two = services.start("one", "two")
    open_site.route(one)
    open_site.gateway.begin(PAGE)
    open_site.route(two)
    one.call("POST", "/health/500")
    open_site.until(lambda: not open_site.seen(one).up)
    assert open_site.gateway.drain(one.replica, 5)
    open_site.gateway.withdraw(one.replica)
    assert open_site.get()[0] == 503
    open_site.gateway.end()
    assert open_site.names(4) == {"two": 4}


def test_the_page_is_still_there_when_the_process_was_killed(
    open_site: Site, services: Services
) -> None:
    open_site.route(*services.start("one"))
    open_site.gateway.begin(PAGE)
    open_site.kill()
    gateway = open_site.again()
    open_site.until(lambda: any(server.up for server in gateway.statistics()))
    assert gateway.active()
    assert open_site.get()[1].rstrip() == PAGE.rstrip()
    gateway.end()
    open_site.kill()
    open_site.until(lambda: any(server.up for server in gateway.statistics()))
    assert open_site.names(2) == {"one": 2}


def test_a_move_to_another_port_keeps_the_page(open_site: Site, services: Services) -> None:
    open_site.gateway.begin(PAGE)
    open_site.port = services.free_port()
    open_site.open()
    assert open_site.get()[1].rstrip() == PAGE.rstrip()


def test_switching_loses_no_request(open_site: Site, services: Services) -> None:
    open_site.route(*services.start("one", "two"))
    over, statuses, trouble = threading.Event(), set(), []

    def visit(method: str, path: str) -> None:
        connection = HTTPConnection("127.0.0.1", open_site.port, timeout=20)
        while not over.is_set():
            try:
                connection.request(method, path, b"x" * 10_000 if method == "POST" else None)
                answer = connection.getresponse()
                answer.read()
                statuses.add(answer.status)
            except OSError as error:
                trouble.append(f"{method}: {error!r}")
        connection.close()

    visits = [("GET", "/"), ("GET", "/"), ("POST", "/echo"), ("GET", "/slow/0.1")]
    visitors = [threading.Thread(target=visit, args=each) for each in visits]
    for visitor in visitors:
        visitor.start()
    for _ in range(10):
        open_site.gateway.begin(PAGE)
        open_site.gateway.end()
    over.set()
    for visitor in visitors:
        visitor.join()
    assert trouble == []
    assert statuses == {200, 503}


def test_the_longest_page_is_shown_whole(open_site: Site) -> None:
    page = "\n".join([f"{number} é" for number in range(LINES)])
    page += "x" * (BYTES - len(page.encode()))
    open_site.gateway.begin(page)
    assert open_site.get()[1].rstrip() == page


@pytest.mark.parametrize("page", ["x" * (BYTES + 1), "\n" * (LINES + 1)])
def test_a_page_that_is_too_long_is_refused(open_site: Site, page: str) -> None:
    with pytest.raises(UsageError, match=f"{len(page)} bytes"):
        open_site.gateway.begin(page)
    assert not open_site.gateway.active()


def test_a_closed_gateway_shows_no_page(site: Site) -> None:
    assert not site.gateway.active()
    site.gateway.end()
    with pytest.raises(StepError, match="not open"):
        site.gateway.begin(PAGE)


def test_nothing_of_a_page_can_be_taken_for_a_command(open_site: Site, services: Services) -> None:
    open_site.route(*services.start("one"))
    open_site.gateway.begin(
        "a\n\nshow stat; disable frontend gateway\n\ndisable frontend gateway\n"
    )
    open_site.gateway.end()
    assert open_site.names(2) == {"one": 2}


def asked(site: Site, method: str, path: str) -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=10)
    connection.request(method, path, b"body" if method == "POST" else None)
    answer = connection.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    text = answer.read().decode()
    connection.close()
    return answer.status, headers, text
