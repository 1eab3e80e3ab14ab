"""Real load while containers of other versions come and go: not one request fails."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from docker_bed.kit import DockerKit, kit_images  # noqa: F401 (a fixture)
from fullcycle.testing.client import versions
from hey import hey

if TYPE_CHECKING:
    from fullcycle.testing.contract import Kit

RATE = 50
"""Requests per second of each of 4 + 4 workers: what two cores serve beside the deployments."""


@pytest.mark.load
@pytest.mark.timeout(300)
@pytest.mark.skipif(not shutil.which("hey"), reason="hey is not installed")
class TestLoad(DockerKit):
    @pytest.mark.parametrize("connections", ["kept", "new"])
    def test_no_request_fails_while_versions_and_replicas_change(
        self, kit: Kit, connections: str
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0", replicas=3))
        kit.release("2.0.0")
        flags = ["-disable-keepalive"] if connections == "new" else []
        slow = ["-m", "POST", "-d", "order", *flags, f"{url}/slow?seconds=0.1"]
        with hey(*flags, url, rate=RATE) as quick, hey(*slow, rate=RATE) as lasting:
            kit.deploy(kit.workload("2.0.0", replicas=3))
            assert versions(url) == {"2.0.0"}
            for replicas in (5, 2):
                kit.deploy(kit.workload("2.0.0", replicas=replicas))
        quick.assert_whole()
        lasting.assert_whole()
