"""The response times a gateway has counted, replica by replica."""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection
from math import inf
from typing import TYPE_CHECKING

from fullcycle.observe.histogram import BOUNDS, percentile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integration.gateway.conftest import Service, Services, Site


def test_responses_are_counted_by_how_long_they_took(open_site: Site, services: Services) -> None:
    (one,) = services.start("one")
    open_site.route(one)
    before = latencies(open_site, one)
    assert before == dict.fromkeys((*BOUNDS, inf), 0)
    for path in ("/", "/", "/slow/0.06", "/slow/0.3", "/slow/1.1"):
        open_site.get(path)
    after = latencies(open_site, one)
    assert after[inf] == after[30.0] == 5
    assert after[0.05] <= 2
    assert after[0.25] <= 3
    assert after[1.0] <= 4
    assert percentile(before, after, 100) is not None
    assert (percentile(before, after, 100) or 0) > 1.0


def test_requests_over_one_connection_are_counted_each(open_site: Site, services: Services) -> None:
    one, two = services.start("one", "two")
    open_site.route(one, two)
    with closing(HTTPConnection("127.0.0.1", open_site.port)) as client:
        for _ in range(10):
            client.request("POST", "/echo", b"order")
            client.getresponse().read()
    assert [latencies(open_site, each)[inf] for each in (one, two)] == [5, 5]


def test_time_between_requests_is_not_counted(open_site: Site, services: Services) -> None:
    (one,) = services.start("one")
    open_site.route(one)
    with closing(HTTPConnection("127.0.0.1", open_site.port)) as client:
        for path in ("/slow/1.1", "/", "/"):
            client.request("GET", path)
            client.getresponse().read()
    counted = latencies(open_site, one)
    assert (counted[1.0], counted[inf]) == (2, 3)


def test_errors_of_a_replica_are_responses_too(open_site: Site, services: Services) -> None:
    (one,) = services.start("one")
    open_site.route(one)
    for status in (200, 404, 500, 503):
        open_site.get(f"/status/{status}")
    seen = open_site.seen(one)
    assert (seen.latencies[inf], seen.errors, seen.requests) == (4, 2, 4)


def test_what_a_replica_never_answered_is_an_error_without_a_time(
    open_site: Site, services: Services
) -> None:
    (one,) = services.start("one")
    open_site.route(one)
    open_site.get()
    assert open_site.post("/hang-up", b"order 1")[0] == 502
    seen = open_site.seen(one)
    assert (seen.latencies[inf], seen.errors) == (1, 1)
    one.kill()
    assert open_site.get()[0] in {502, 503}
    assert open_site.seen(one).latencies[inf] == 1


def test_the_page_without_replicas_is_no_response_of_one(
    open_site: Site, services: Services
) -> None:
    (one,) = services.start("one")
    open_site.route(one)
    open_site.gateway.begin("later")
    open_site.get()
    open_site.gateway.end()
    open_site.gateway.drain(one.replica, 5)
    assert open_site.get()[0] == 503
    assert latencies(open_site, one)[inf] == 0


def test_the_next_replica_in_the_same_place_begins_at_zero(
    open_site: Site, services: Services
) -> None:
    for service in services.start(*(f"r{number}" for number in range(3))):
        open_site.route(service)
        assert latencies(open_site, service)[inf] == 0
        for path in ("/", "/slow/0.02", "/status/500"):
            open_site.get(path)
        seen = open_site.seen(service)
        assert (seen.latencies[inf], seen.requests, seen.errors) == (3, 3, 1)
        open_site.gateway.withdraw(service.replica)


def test_a_drained_replica_keeps_its_times(open_site: Site, services: Services) -> None:
    (one,) = services.start("one")
    open_site.route(one)
    open_site.get()
    open_site.gateway.drain(one.replica, 5)
    assert latencies(open_site, one)[inf] == 1
    open_site.route(one)
    open_site.get()
    assert latencies(open_site, one)[inf] == 2


def latencies(site: Site, service: Service) -> Mapping[float, int]:
    return site.seen(service).latencies
