"""What every Maintenance promises, together with the Router whose users see the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .client import eventually, get, versions, visitors
from .contract import Contract, Kit
from .routing import Site

if TYPE_CHECKING:
    from fullcycle.providers import Maintenance

PAGE = "<!doctype html>\n<title>Maintenance</title>\n<h1>Back soon</h1>\n"


class MaintenanceContract(Contract):
    """Users see a page instead of the application, which goes on running."""

    def test_everybody_gets_the_page_until_its_end(self, kit: Kit) -> None:
        site = Site(kit)
        site.routed("1.0.0")
        assert not _maintenance(kit).active()
        _maintenance(kit).begin(PAGE)
        assert _maintenance(kit).active()
        status, text = get(f"{site.url}/healthz")
        assert (status, text.split()) == (503, PAGE.split())
        _maintenance(kit).end()
        assert not _maintenance(kit).active()
        assert versions(site.url) == {"1.0.0"}

    def test_replicas_come_and_go_meanwhile(self, kit: Kit) -> None:
        site = Site(kit)
        first = site.routed("1.0.0")
        _maintenance(kit).begin(PAGE)
        second = site.routed("2.0.0")
        site.retire(first)
        assert get(site.url)[0] == 503
        assert site.statistics(second).up
        _maintenance(kit).end()
        assert versions(site.url) == {"2.0.0"}

    def test_running_requests_are_finished(self, kit: Kit) -> None:
        site = Site(kit)
        replica = site.routed("1.0.0")
        answer = site.asking("/slow?seconds=1.5")
        eventually(lambda: site.statistics(replica).sessions > 0, "the request arrives")
        _maintenance(kit).begin(PAGE)
        assert get(site.url)[0] == 503
        assert answer() == 200
        _maintenance(kit).end()

    def test_switching_loses_no_request(self, kit: Kit) -> None:
        site = Site(kit)
        site.routed("1.0.0")
        with visitors(site.url) as trouble:
            for _ in range(5):
                _maintenance(kit).begin(PAGE)
                _maintenance(kit).end()
        assert [each for each in trouble if "Back soon" not in each] == []

    def test_opening_again_keeps_the_page(self, kit: Kit) -> None:
        site = Site(kit)
        _maintenance(kit).begin(PAGE)
        again = kit.connect().capabilities.router
        assert again is not None
        again.open(kit.port, site.workload("1.0.0").health)
        assert "Back soon" in get(site.url)[1]
        _maintenance(kit).end()


def _maintenance(kit: Kit) -> Maintenance:
    """As another command finds it."""
    offered = kit.connect().capabilities.maintenance
    assert offered, "the provider offers no Maintenance"
    return offered
