"""The maintenance page on a Swarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import UsageError
from fullcycle.testing.client import get, versions, visitors
from swarm_kit import SwarmContract, SwarmKit

if TYPE_CHECKING:
    from fullcycle.providers import Maintenance

PAGE = "<!doctype html>\n<title>Maintenance</title>\n<h1>Back soon: {name} %[src]</h1>\n"
OTHER = "<!doctype html>\n<title>Maintenance</title>\n<h1>Back later</h1>\n"


class TestMaintenance(SwarmContract):
    def test_everybody_gets_the_page_until_its_end_and_no_request_fails(
        self, kit: SwarmKit
    ) -> None:
        url = kit.deploy(kit.workload(replicas=1))
        before = proxies(kit)
        assert not maintenance(kit).active()
        with visitors(url) as trouble:
            maintenance(kit).begin(PAGE)
            assert maintenance(kit).active()
            assert get(f"{url}/healthz") == (503, PAGE)
            kit.deploy(kit.workload("2.0.0", replicas=2))
            assert get(url) == (503, PAGE)
            maintenance(kit).begin(OTHER)
            maintenance(kit).end()
            assert not maintenance(kit).active()
            assert versions(url) == {"2.0.0"}
        assert trouble
        assert [each for each in trouble if "<title>Maintenance" not in each] == []
        assert proxies(kit) == before

    def test_nothing_is_shown_where_nothing_is_deployed(self, kit: SwarmKit) -> None:
        maintenance(kit).end()
        with pytest.raises(UsageError, match="nothing serves contract yet"):
            maintenance(kit).begin(PAGE)

    def test_removing_the_application_removes_the_page(self, kit: SwarmKit) -> None:
        kit.deploy(kit.workload(replicas=1))
        maintenance(kit).begin(PAGE)
        list(kit.connect().runtime.remove())
        assert not maintenance(kit).active()


def maintenance(kit: SwarmKit) -> Maintenance:
    """As another command finds it."""
    return kit.connect().require("maintenance")


def proxies(kit: SwarmKit) -> list[str]:
    """All tasks of the proxies that there ever were."""
    service = kit.client.services.get(f"{kit.target.app}-contract-gateway")
    return sorted(task["ID"] for task in service.tasks())
