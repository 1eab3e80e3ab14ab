"""What every Router promises, together with the Replicas it routes to."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from contextlib import closing
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Any

import pytest

from fullcycle.errors import StepError, UsageError
from fullcycle.observe.histogram import percentile
from fullcycle.rollout.patience import until_healthy

from .client import Talk, eventually, get, versions, visitors
from .contract import Contract, Kit

if TYPE_CHECKING:
    from fullcycle.model import Replica
    from fullcycle.providers import Replicas, Router, RouteStatistics


class RoutingContract(Contract):
    """Replicas come and go behind one address, and users notice nothing."""

    def test_a_routed_replica_gets_requests_and_a_withdrawn_one_gets_none(self, kit: Kit) -> None:
        site = Site(kit)
        first, second = site.routed("1.0.0"), site.routed("2.0.0")
        assert versions(site.url) == {"1.0.0", "2.0.0"}
        site.router.withdraw(first)
        assert versions(site.url) == {"2.0.0"}
        assert {each.replica for each in site.router.statistics()} == {second.id}

    def test_a_drained_replica_finishes_its_requests_and_gets_no_new_ones(self, kit: Kit) -> None:
        site = Site(kit)
        leaving = site.routed("1.0.0")
        answer = site.asking("/slow?seconds=1.5")
        eventually(lambda: site.statistics(leaving).sessions > 0, "the request arrives")
        site.routed("2.0.0")
        assert not site.router.drain(leaving, 0)
        assert versions(site.url) == {"2.0.0"}
        assert site.router.drain(leaving, 20)
        assert answer() == 200

    def test_draining_ends_when_its_time_is_over(self, kit: Kit) -> None:
        site = Site(kit)
        leaving = site.routed("1.0.0")
        answer = site.asking("/slow?seconds=4")
        eventually(lambda: site.statistics(leaving).sessions > 0, "the request arrives")
        assert not site.router.drain(leaving, 0.3)
        assert answer() == 200

    def test_a_drained_replica_has_no_weight_and_can_be_routed_to_again(self, kit: Kit) -> None:
        site = Site(kit)
        replica = site.routed("1.0.0")
        site.routed("2.0.0")
        assert site.router.drain(replica, 5)
        assert site.statistics(replica).weight == 0
        site.router.route(replica)
        assert site.statistics(replica).weight == 100
        assert versions(site.url) == {"1.0.0", "2.0.0"}

    def test_weights_are_relative_to_each_other(self, kit: Kit) -> None:
        site = Site(kit)
        light, heavy = site.routed("1.0.0"), site.routed("2.0.0")
        site.router.route(light, 20)
        site.router.route(heavy, 80)
        counted = Counter(get(site.url)[1].count('"1.0.0"') for _ in range(100))
        assert 10 <= counted[1] <= 30
        site.router.route(light, 0)
        assert versions(site.url) == {"2.0.0"}

    def test_routing_changes_lose_no_request(self, kit: Kit) -> None:
        site = Site(kit)
        first = site.routed("1.0.0")
        with visitors(site.url) as trouble:
            for _ in range(3):
                second = site.routed("2.0.0")
                site.retire(first)
                first = site.routed("1.0.0")
                site.retire(second)
        assert trouble == []

    def test_requests_and_errors_are_counted(self, kit: Kit) -> None:
        site = Site(kit)
        replica = site.routed("1.0.0")
        before = site.statistics(replica)
        for code in (200, 404, 500, 503):
            assert get(f"{site.url}/status?code={code}")[0] == code
        eventually(
            lambda: site.statistics(replica).requests >= before.requests + 4, "4 more requests"
        )
        assert site.statistics(replica).errors == before.errors + 2

    def test_response_times_are_counted(self, kit: Kit) -> None:
        site = Site(kit)
        replica = site.routed("1.0.0")
        before = site.statistics(replica).latencies
        for seconds in (0, 0, 0, 0.3):
            get(f"{site.url}/slow?seconds={seconds}")
        eventually(
            lambda: _responses(site.statistics(replica)) >= before.get(inf, 0) + 4, "4 responses"
        )
        after = site.statistics(replica).latencies
        assert sorted(after.values()) == [after[bound] for bound in sorted(after)]
        slowest = percentile(before, after, 100)
        assert slowest is not None
        assert slowest >= 0.3
        assert _responses(site.statistics(site.routed("2.0.0"))) == 0

    def test_a_websocket_lasts_until_its_replica_is_withdrawn(self, kit: Kit) -> None:
        site = Site(kit)
        leaving = site.routed("1.0.0")
        with closing(Talk(site.url)) as talk:
            assert talk.say("hello") == "hello"
            site.routed("2.0.0")
            assert not site.router.drain(leaving, 0.3)
            assert site.statistics(leaving).sessions == 1
            assert talk.say("still there") == "still there"
            site.router.withdraw(leaving)
            assert talk.say("gone") == ""
        assert versions(site.url) == {"2.0.0"}

    def test_draining_ends_with_the_last_websocket(self, kit: Kit) -> None:
        site = Site(kit)
        leaving = site.routed("1.0.0")
        with closing(Talk(site.url)) as talk:
            assert talk.say("hello") == "hello"
            assert not site.router.drain(leaving, 0.3)
        assert site.router.drain(leaving, 20)

    def test_an_unhealthy_replica_is_not_routed_to(self, kit: Kit) -> None:
        site = Site(kit)
        site.routed("1.0.0")
        site.hurry(1.0)
        sick = site.started("2.0.0", "never-healthy")
        with pytest.raises(StepError, match=sick.id):
            site.router.route(sick)
        assert versions(site.url) == {"1.0.0"}

    def test_a_replica_that_falls_ill_gets_no_requests(self, kit: Kit) -> None:
        site = Site(kit)
        site.routed("1.0.0")
        ill = site.routed("2.0.0")
        get(f"http://{ill.address}/sicken")
        eventually(lambda: not site.statistics(ill).up, "the router notices")
        assert versions(site.url) == {"1.0.0"}

    def test_another_health_check_is_for_those_routed_from_then_on(self, kit: Kit) -> None:
        site = Site(kit)
        site.routed("1.0.0")
        with visitors(site.url) as trouble:
            moved = replace(site.workload("1.0.0").health, path="/alive")
            site.router.open(kit.port, moved)
            fresh = site.started("2.0.0", env={"HEALTHY_ON": "/alive"}, health=moved)
            site.router.route(fresh)
            assert versions(site.url) == {"1.0.0", "2.0.0"}
        assert trouble == []

    def test_opening_again_keeps_the_routes(self, kit: Kit) -> None:
        site = Site(kit)
        site.routed("1.0.0")
        with visitors(site.url) as trouble:
            other = kit.connect().capabilities.router
            assert other is not None
            assert other.open(kit.port, site.workload("1.0.0").health) == site.url
            assert versions(site.url) == {"1.0.0"}
        assert trouble == []

    def test_a_port_that_is_taken_is_the_users_error(self, kit: Kit) -> None:
        with (
            socket.create_server(("127.0.0.1", kit.port)),
            pytest.raises(UsageError, match=str(kit.port)),
        ):
            Site(kit)

    def test_a_closed_router_has_no_address_and_no_routes(self, kit: Kit) -> None:
        site = Site(kit)
        site.routed("1.0.0")
        site.router.close()
        assert site.router.address() == ""
        assert list(site.router.statistics()) == []

    def test_all_replicas_take_part(self, kit: Kit) -> None:
        site = Site(kit)
        for _ in range(3):
            site.routed("1.0.0")
        for _ in range(24):
            assert get(site.url)[0] == 200
        eventually(
            lambda: all(each.requests for each in site.router.statistics()),
            "each has got some of the requests",
        )
        assert len(site.router.statistics()) == 3


class Site:
    """An open router, and replicas to put behind it."""

    def __init__(self, kit: Kit) -> None:
        offered = kit.platform.capabilities
        assert offered.router, "the provider offers no Router"
        assert offered.replicas, "the provider offers no Replicas"
        self.kit = kit
        self.router: Router = offered.router
        self.replicas: Replicas = offered.replicas
        self.deadline = 20.0
        self.url = self.router.open(kit.port, self.workload("1.0.0").health)

    def workload(self, version: str, behaviour: Any = "good", **changes: Any) -> Any:
        """What replicas of the version run."""
        made = self.kit.workload(version, behaviour, **changes)
        return replace(made, health=replace(made.health, deadline=self.deadline))

    def started(self, version: str, behaviour: Any = "good", **changes: Any) -> Replica:
        """A replica that is not routed to; a good one is healthy."""
        workload = self.workload(version, behaviour, **changes)
        self.replicas.prepare(workload)
        replica = self.replicas.start(workload, "kit")
        if behaviour == "good":
            for _ in until_healthy(self.replicas, [replica], workload.health):
                pass
        else:
            eventually(lambda: self._answers(replica, workload), "the replica answers")
        return replica

    def hurry(self, deadline: float) -> None:
        """Give replicas that are routed from now on so many seconds to become healthy."""
        self.deadline = deadline
        self.router.open(self.kit.port, self.workload("1.0.0").health)

    def routed(self, version: str) -> Replica:
        """A replica that gets requests."""
        replica = self.started(version)
        self.router.route(replica)
        return replica

    def retire(self, replica: Replica) -> None:
        """Take a replica out as a rollout does."""
        assert self.router.drain(replica, 20)
        self.router.withdraw(replica)
        self.replicas.stop(replica, 5)

    def statistics(self, replica: Replica) -> RouteStatistics:
        """The router's entry of a replica."""
        return next(each for each in self.router.statistics() if each.replica == replica.id)

    def asking(self, path: str) -> Any:
        """Ask in the background; call the result for the status."""
        found: list[int] = []
        asker = threading.Thread(target=lambda: found.append(get(self.url + path)[0]))
        asker.start()

        def wait() -> int:
            asker.join()
            return found[0]

        return wait

    def _answers(self, replica: Replica, workload: Any) -> bool:
        return "503" in self.replicas.probe(replica, workload.health).detail


def _responses(statistics: RouteStatistics) -> int:
    assert statistics.latencies, "response times are not counted"
    return statistics.latencies[inf]
