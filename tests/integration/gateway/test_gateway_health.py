"""Each kind of health check, and changes from one to another while requests come."""

from __future__ import annotations

import itertools
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import StepError
from fullcycle.haproxy import servers
from fullcycle.model import HealthKind

if TYPE_CHECKING:
    from integration.gateway.conftest import Services, Site

UNCHECKED = (HealthKind.COMMAND, HealthKind.CONTAINER, HealthKind.NONE)


def test_by_tcp_a_replica_is_healthy_when_it_listens(site: Site, services: Services) -> None:
    one, two = services.start("one", "two")
    one.call("POST", "/health/500")
    opened(site, HealthKind.TCP)
    site.route(one, two)
    assert site.names(10) == {"one": 5, "two": 5}
    two.kill()
    site.until(lambda: not site.seen(two).up)
    assert site.names(10) == {"one": 10}


def test_by_tcp_a_replica_nobody_listens_for_is_refused(site: Site, services: Services) -> None:
    opened(site, HealthKind.TCP, deadline=0.5)
    with pytest.raises(StepError, match=r"not healthy after .*refused"):
        site.gateway.route(services.imaginary("ghost"))
    assert site.gateway.statistics() == []


@pytest.mark.parametrize("kind", UNCHECKED)
def test_what_the_platform_checks_is_routed_to_at_once(
    site: Site, services: Services, kind: HealthKind
) -> None:
    one, two = services.start("one", "two")
    one.call("POST", "/health/500")
    opened(site, kind)
    site.route(one, two)
    assert site.names(10) == {"one": 5, "two": 5}
    two.kill()
    assert site.names(10) == {"one": 10}
    assert site.seen(two).up


@pytest.mark.parametrize("kind", [HealthKind.TCP, HealthKind.NONE])
def test_all_that_can_be_done_with_one_can_be_done_with_the_others(
    site: Site, services: Services, kind: HealthKind
) -> None:
    one, two = services.start("one", "two")
    opened(site, kind)
    site.gateway.route(one.replica, 90)
    site.gateway.route(two.replica, 10)
    assert site.names(20) == {"one": 18, "two": 2}
    seen = site.seen(one)
    assert (seen.requests, seen.weight, seen.up) == (18, 90, True)
    site.gateway.route(two.replica, 0)
    assert site.names(4) == {"one": 4}
    assert site.seen(two).up
    site.gateway.route(two.replica, 90)
    assert site.gateway.drain(one.replica, 5)
    assert site.names(4) == {"two": 4}
    site.gateway.withdraw(one.replica)
    site.gateway.route(one.replica, 90)
    assert site.seen(one).requests == 0
    assert site.names(4) == {"one": 2, "two": 2}
    site.kill()
    site.until(lambda: sum(server.up for server in site.gateway.statistics()) == 2)
    assert site.names(4) == {"one": 2, "two": 2}
    site.gateway.withdraw(two.replica)
    assert site.names(4) == {"one": 4}


def test_a_connection_is_used_again_whatever_the_check(site: Site, services: Services) -> None:
    (one,) = services.start("one")
    opened(site, HealthKind.TCP)
    site.route(one)
    with closing(HTTPConnection("127.0.0.1", site.port)) as client:
        ports = set()
        for _ in range(10):
            client.request("GET", "/peer")
            ports.add(client.getresponse().read())
    assert len(ports) == 1


def test_kinds_of_checks_follow_each_other_without_a_restart(
    site: Site, services: Services
) -> None:
    kinds = list(itertools.islice(itertools.cycle((*UNCHECKED[:1], *HealthKind)), 7))
    replicas = services.start(*(f"r{number}" for number in range(len(kinds))))
    site.open()
    pid = site.programs.program_pid("gateway")
    for kind, service in zip(kinds, replicas, strict=True):
        opened(site, kind)
        site.route(service)
    assert len(site.names(2 * len(kinds))) == len(kinds)
    site.kill()
    site.until(lambda: sum(server.up for server in site.gateway.statistics()) == len(kinds))
    assert len(site.names(2 * len(kinds))) == len(kinds)
    assert site.programs.program_pid("gateway") != pid


def test_a_replica_that_is_checked_otherwise_now_stays_one(site: Site, services: Services) -> None:
    (one,) = services.start("one")
    for kind in (HealthKind.HTTP, HealthKind.TCP, HealthKind.NONE, HealthKind.HTTP):
        opened(site, kind)
        site.route(one)
        assert [server.replica for server in site.gateway.statistics()] == ["one"]
        assert site.names(2) == {"one": 2}


def test_more_replicas_than_slots_are_routed_to(
    site: Site, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "SLOTS", {"s": 1, "t": 1})
    opened(site, HealthKind.HTTP)
    site.route(*services.start("one", "two", "three"))
    assert site.names(6) == {"one": 2, "two": 2, "three": 2}


@pytest.mark.parametrize("engine", ["haproxy"])
def test_replicas_without_a_place_are_refused(
    site: Site, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "SLOTS", {"s": 1, "t": 1})
    opened(site, HealthKind.TCP)
    one, two = services.start("one", "two")
    site.route(one)
    with pytest.raises(StepError, match="no place left for replica two: at most 1"):
        site.route(two)
    assert site.names(2) == {"one": 2}


def opened(site: Site, kind: HealthKind, deadline: float = 15.0) -> None:
    site.gateway.open(site.port, replace(site.health, kind=kind, deadline=deadline))
