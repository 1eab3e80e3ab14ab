"""Real load while versions come and go: not one request fails.

v1 with 3 replicas, v2, back to v1, then 3 → 5 → 2 replicas. The load is hey's: quick GETs, and
POSTs that take a while, which no gateway may send twice; over kept and over new connections.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from fullcycle.rollout import rollback_target
from fullcycle.testing import Contract
from fullcycle.testing.client import versions
from hey import hey

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.testing.contract import Kit


@pytest.mark.load
@pytest.mark.timeout(180)
@pytest.mark.skipif(not shutil.which("hey"), reason="hey is not installed")
class TestLoad(Contract):
    provider_name = "process"

    @pytest.fixture(params=["python", "haproxy"])
    def options(self, tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
        if request.param == "haproxy" and not shutil.which("haproxy"):
            pytest.skip("haproxy is not installed")
        return {"home": str(tmp_path / "home"), "gateway": request.param}

    @pytest.mark.parametrize("connections", ["kept", "new"])
    def test_no_request_fails_while_versions_and_replicas_change(
        self, kit: Kit, connections: str
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0", replicas=3))
        kit.release("2.0.0")
        flags = ["-disable-keepalive"] if connections == "new" else []
        slow = ["-m", "POST", "-d", "order", *flags, f"{url}/slow?seconds=0.1"]
        with hey(*flags, url) as quick, hey(*slow) as lasting:
            kit.deploy(kit.workload("2.0.0", replicas=3))
            assert versions(url) == {"2.0.0"}
            before = rollback_target(kit.platform.require("history"))
            assert before is not None
            kit.deploy(before.workload)
            assert versions(url) == {"1.0.0"}
            for replicas in (5, 2):
                kit.deploy(kit.workload("1.0.0", replicas=replicas))
        for load in (quick, lasting):
            load.assert_whole()
