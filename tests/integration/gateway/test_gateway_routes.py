"""Replicas come, go, are weighted and die behind a gateway that runs."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection, IncompleteRead
from typing import TYPE_CHECKING

import psutil
import pytest

from fullcycle.errors import StepError, UsageError

if TYPE_CHECKING:
    from integration.gateway.conftest import Service, Services, Site


def test_requests_are_spread_evenly(open_site: Site, services: Services) -> None:
    open_site.route(*services.start("one", "two", "three"))
    assert open_site.names(30) == {"one": 10, "two": 10, "three": 10}


def test_weights_are_relative_to_each_other(open_site: Site, services: Services) -> None:
    one, two = services.start("one", "two")
    open_site.gateway.route(one.replica, 90)
    open_site.gateway.route(two.replica, 10)
    assert open_site.names(100) == {"one": 90, "two": 10}


def test_a_weight_of_zero_keeps_a_healthy_replica_without_requests(
    open_site: Site, services: Services
) -> None:
    one, two = services.start("one", "two")
    open_site.route(one)
    open_site.gateway.route(two.replica, 0)
    assert open_site.names(10) == {"one": 10}
    assert (open_site.seen(two).up, open_site.seen(two).weight) == (True, 0)


def test_routing_again_changes_the_weight(open_site: Site, services: Services) -> None:
    one, two = services.start("one", "two")
    open_site.route(one, two, two)
    open_site.gateway.route(two.replica, 0)
    assert open_site.names(6) == {"one": 6}
    open_site.gateway.route(two.replica, 100)
    assert open_site.names(6) == {"one": 3, "two": 3}
    assert len(open_site.gateway.statistics()) == 2


def test_an_unhealthy_replica_gets_no_request_before_it_is_healthy(
    open_site: Site, services: Services
) -> None:
    one, two = services.start("one", "two")
    open_site.route(one)
    two.call("POST", "/health/503")
    routing = threading.Thread(target=open_site.route, args=(two,))
    routing.start()
    open_site.until(lambda: len(open_site.gateway.statistics()) == 2)
    assert open_site.names(10) == {"one": 10}
    two.call("POST", "/health/204")
    routing.join()
    assert open_site.names(10) == {"one": 5, "two": 5}


def test_a_replica_that_never_gets_healthy_is_refused_with_its_last_answer(
    site: Site, services: Services
) -> None:
    (one,) = services.start("one")
    one.call("POST", "/health/418")
    site.gateway.open(site.port, replace(site.health, deadline=0.5))
    with pytest.raises(StepError, match=r"one at .* is not healthy after 0.5 s: .*418"):
        site.route(one)
    assert site.gateway.statistics() == []


def test_a_replica_nobody_listens_for_is_refused(site: Site, services: Services) -> None:
    site.gateway.open(site.port, replace(site.health, deadline=0.5))
    with pytest.raises(StepError, match=r"not healthy after .*refused"):
        site.gateway.route(services.imaginary("ghost"))


def test_each_replica_is_checked_on_the_path_it_was_routed_with(
    open_site: Site, services: Services
) -> None:
    old, new = services.start("old", "new")
    open_site.route(old)
    new.call("POST", "/health/500")
    open_site.gateway.open(open_site.port, replace(open_site.health, path="/status/200?deep=1"))
    open_site.route(new)
    assert open_site.names(10) == {"old": 5, "new": 5}


def test_a_name_that_could_be_a_command_is_refused(open_site: Site, services: Services) -> None:
    with pytest.raises(UsageError, match="is no name for a replica"):
        open_site.gateway.route(services.imaginary("a; shutdown"))


def test_a_drained_replica_finishes_what_runs_and_gets_nothing_new(
    open_site: Site, services: Services
) -> None:
    one, two = services.start("one", "two")
    open_site.route(one)
    answers: list[tuple[int, str]] = []
    running = threading.Thread(target=lambda: answers.append(open_site.get("/slow/1")))
    running.start()
    open_site.until(lambda: open_site.seen(one).sessions == 1)
    open_site.route(two)
    assert not open_site.gateway.drain(one.replica, 0.2)
    assert open_site.names(5) == {"two": 5}
    assert open_site.gateway.drain(one.replica, 10)
    assert open_site.seen(one).sessions == 0
    running.join()
    assert answers == [(200, "one")]


def test_a_drained_replica_can_be_taken_back(open_site: Site, services: Services) -> None:
    one, two = services.start("one", "two")
    open_site.route(one, two)
    open_site.gateway.drain(one.replica, 5)
    assert open_site.names(4) == {"two": 4}
    open_site.route(one)
    assert open_site.names(4) == {"one": 2, "two": 2}


def test_a_replica_comes_back_on_another_port(open_site: Site, services: Services) -> None:
    one, other = services.start("one", "other")
    open_site.route(one)
    open_site.gateway.route(replace(one.replica, address=other.replica.address))
    assert open_site.names(4) == {"other": 4}


def test_no_connection_is_left_to_a_withdrawn_replica(open_site: Site, services: Services) -> None:
    one, two = services.start("one", "two")
    open_site.route(one, two)
    with closing(HTTPConnection("127.0.0.1", open_site.port)) as client:
        for _ in range(20):
            client.request("GET", "/")
            client.getresponse().read()
        assert connected(one)
        assert open_site.gateway.drain(one.replica, 5)
        open_site.gateway.withdraw(one.replica)
        assert connected(one) == 0
    assert [s.replica for s in open_site.gateway.statistics()] == ["two"]


def test_connections_to_replicas_are_used_again(open_site: Site, services: Services) -> None:
    (one,) = services.start("one")
    open_site.route(one)
    with closing(HTTPConnection("127.0.0.1", open_site.port)) as client:
        ports = set()
        for _ in range(10):
            client.request("GET", "/peer")
            ports.add(client.getresponse().read())
    assert len(ports) == 1


def test_withdrawing_the_unknown_changes_nothing(site: Site, services: Services) -> None:
    site.gateway.withdraw(services.imaginary("nobody"))
    site.open()
    site.gateway.withdraw(services.imaginary("nobody"))
    assert site.gateway.drain(services.imaginary("nobody"), 1)


def test_withdrawing_ends_what_a_replica_still_serves(open_site: Site, services: Services) -> None:
    (one,) = services.start("one")
    open_site.route(one)
    with closing(HTTPConnection("127.0.0.1", open_site.port, timeout=10)) as client:
        client.request("GET", "/endless")
        answer = client.getresponse()
        open_site.until(lambda: open_site.seen(one).sessions == 1)
        assert not open_site.gateway.drain(one.replica, 0.2)
        open_site.gateway.withdraw(one.replica)
        with pytest.raises((IncompleteRead, ConnectionResetError)):
            answer.read()
    assert open_site.gateway.statistics() == []
    open_site.until(lambda: connected(one) == 0)


def test_requests_go_elsewhere_when_a_replica_dies(open_site: Site, services: Services) -> None:
    one, two = services.start("one", "two")
    open_site.route(one, two)
    open_site.names(10)
    one.kill()
    assert open_site.names(30) == {"two": 30}
    open_site.until(lambda: not open_site.seen(one).up)


def test_a_replica_that_turns_unhealthy_is_left_out_until_it_recovers(
    open_site: Site, services: Services
) -> None:
    one, two = services.start("one", "two")
    open_site.route(one, two)
    one.call("POST", "/health/500")
    open_site.until(lambda: not open_site.seen(one).up)
    assert open_site.names(6) == {"two": 6}
    one.call("POST", "/health/200")
    open_site.until(lambda: open_site.seen(one).up)
    assert open_site.names(6) == {"one": 3, "two": 3}


def test_a_clear_page_says_that_no_replica_is_ready(open_site: Site, services: Services) -> None:
    status, page = open_site.get()
    assert (status, "No replica of this application is ready" in page) == (503, True)
    (one,) = services.start("one")
    open_site.route(one)
    one.kill()
    status, page = open_site.get()
    assert (status, "No replica of this application is ready" in page) == (503, True)


def test_statistics_tell_what_happened(open_site: Site, services: Services) -> None:
    (one,) = services.start("one")
    open_site.route(one)
    before = open_site.seen(one)
    assert (before.up, before.weight, before.requests, before.errors) == (True, 100, 0, 0)
    assert before.response_seconds is None
    for status in (200, 404, 500, 503):
        open_site.get(f"/status/{status}")
    open_site.get("/slow/0.2")
    after = open_site.seen(one)
    assert (after.requests, after.errors, after.sessions) == (5, 2, 0)
    assert after.response_seconds is not None
    assert after.response_seconds > 0.01


def connected(service: Service) -> int:
    connections = psutil.Process(service.process.pid).net_connections("tcp")
    return sum(connection.status == "ESTABLISHED" for connection in connections)
