"""A Swarm under load: of all requests, through everything that changes replicas, none fails.

FULLCYCLE_TEST_REQUESTS says how many there are at least: 20000 take about two minutes on two cores.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack

import pytest

from fullcycle.errors import RolledBackError
from fullcycle.testing.client import versions
from hey import hey
from swarm_kit import SwarmContract, SwarmKit

REQUESTS = int(os.environ.get("FULLCYCLE_TEST_REQUESTS", "2000"))
ROUND = 5000
"""Requests that a slow machine answers while replicas change once."""
RATE = min(50, max(5, REQUESTS // 400))
"""Requests per second of each worker; two cores serve 50 beside the deployments."""
POST = ("-m", "POST", "-d", "order")
KINDS = {
    "kept connections": ("/",),
    "new connections": ("-disable-keepalive", "/"),
    "POST": (*POST, "/"),
    "POST of 2 seconds": (*POST, "-disable-keepalive", "/slow?seconds=2"),
}


@pytest.mark.load
@pytest.mark.timeout(240 * (1 + REQUESTS // ROUND))
@pytest.mark.skipif(not shutil.which("hey"), reason="hey is not installed")
class TestLoad(SwarmContract):
    def test_no_request_fails_while_versions_and_replicas_change(self, kit: SwarmKit) -> None:
        kit.deploy(kit.workload("1.0.0", replicas=3))
        answered = 0
        while answered < REQUESTS:
            answered += sum(changed(kit).values())
        print(f"{answered} requests, 0 failed")  # noqa: T201 (what was measured)


def changed(kit: SwarmKit) -> dict[str, int]:
    """Requests of each kind, all answered while replicas were replaced, taken back and scaled."""
    url = kit.connect().runtime.status().url
    with ExitStack() as stack:
        loads = {
            kind: stack.enter_context(hey(*flags, f"{url}{path}", rate=RATE))
            for kind, (*flags, path) in KINDS.items()
        }
        kit.deploy(kit.workload("2.0.0", replicas=3))
        with pytest.raises(RolledBackError):
            kit.deploy(kit.workload("3.0.0", "crashing", replicas=3))
        assert versions(url) == {"2.0.0"}
        kit.deploy(kit.workload("1.0.0", replicas=3))
        for replicas in (5, 2, 3):
            kit.deploy(kit.workload("1.0.0", replicas=replicas))
        assert versions(url) == {"1.0.0"}
    for kind, load in loads.items():
        print(f"{kind}: ", end="")  # noqa: T201 (as above)
        load.assert_whole()
    return {kind: load.statuses["200"] for kind, load in loads.items()}
