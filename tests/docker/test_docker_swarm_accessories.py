"""What runs beside an application on a Swarm, and the plan of what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fullcycle.errors import StepError, UsageError
from fullcycle.testing.client import versions
from swarm_kit import SwarmContract, SwarmKit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docker.models.services import Service

    from docker_bed.swarm import Swarm

STORE = """python -c '
import http.server, os
os.chdir("/data")
open("kept", "a").write(os.environ["STORE_KEY"])
http.server.test(http.server.SimpleHTTPRequestHandler, port=7000)
'"""
READY = 'test -n "$STORE_KEY" && python -c \'\
import urllib.request as r; r.urlopen("http://127.0.0.1:7000/kept")\''
ASK = "python -c 'import urllib.request as r; print(len(r.urlopen(\"http://store:7000/kept\").read()))'"
VALUE = "hunter2-hunter2"
BROKEN = "python -c 'raise SystemExit(9)'"


class TestAccessories(SwarmContract):
    @pytest.fixture
    def options(
        self, swarm_of_one: Swarm, haproxy_on_swarm: str, base_on_swarm: str
    ) -> dict[str, Any]:
        volumes = ["kept:/data"]
        store = {"image": base_on_swarm, "command": STORE, "health": READY, "volumes": volumes}
        return {
            "host": swarm_of_one.nodes[0].url,
            "orchestrator": "swarm",
            "proxy": haproxy_on_swarm,
            "accessories": {"store": {**store, "secrets": ["STORE_KEY"]}},
        }

    @pytest.fixture(autouse=True)
    def secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STORE_KEY", VALUE)

    @pytest.fixture(autouse=True)
    def cleared(self, kit: SwarmKit) -> Iterator[None]:
        yield
        list(kit.connect().require("infrastructure").teardown())

    def test_replicas_reach_them_by_name_and_deployments_leave_them_alone(
        self, kit: SwarmKit
    ) -> None:
        url = kit.deploy(kit.workload(replicas=1))
        (before,) = ran(kit)
        replica = kit.connect().runtime.status().replicas[0]
        assert kit.connect().runtime.exec(replica, ASK, kit.bench) == 0
        assert kit.bench.lines[-1] == f"{len(VALUE)}"
        assert "hunter2" not in str(store(kit).attrs)
        kit.deploy(kit.workload("2.0.0", replicas=1), replace_all=True)
        assert versions(url) == {"2.0.0"}
        list(kit.connect().runtime.remove())
        assert ran(kit) == [before]

    def test_what_provisioning_would_change_is_planned_and_then_done(self, kit: SwarmKit) -> None:
        infrastructure = kit.connect().require("infrastructure")
        assert list(infrastructure.plan()) == ["make the network", "start accessory store"]
        list(infrastructure.provision())
        assert list(infrastructure.plan()) == []
        change(kit, env={"A": "{{b}}"})
        kit.deploy(kit.workload(replicas=1))
        assert len(ran(kit)) == 1
        infrastructure = kit.connect().require("infrastructure")
        assert list(infrastructure.plan()) == [
            "start accessory store anew: its settings have changed"
        ]
        list(infrastructure.provision())
        assert list(infrastructure.plan()) == []
        assert len(ran(kit)) == 2
        replica = kit.connect().runtime.status().replicas[0]
        assert kit.connect().runtime.exec(replica, ASK, kit.bench) == 0
        assert kit.bench.lines[-1] == f"{2 * len(VALUE)}"  # its volume is the same

    def test_what_keeps_something_stays_on_the_node_that_it_was_made_on(
        self, kit: SwarmKit
    ) -> None:
        list(kit.connect().require("infrastructure").provision())
        node = kit.client.info()["Swarm"]["NodeID"]
        assert constraints(kit) == [f"node.id=={node}"]
        store(kit).remove()
        list(kit.connect().require("infrastructure").provision())
        assert constraints(kit) == [f"node.id=={node}"]

    def test_nothing_is_left_after_a_teardown(self, kit: SwarmKit) -> None:
        kit.deploy(kit.workload(replicas=1))
        list(kit.connect().runtime.remove())
        events = list(kit.connect().require("infrastructure").teardown())
        assert any("removed volume" in event.message for event in events)
        mine: Any = {"label": f"fullcycle.app={kit.target.app}"}
        for kind in ("services", "networks", "secrets", "configs", "volumes"):
            assert getattr(kit.client, kind).list(filters=mine) == [], kind

    def test_one_that_does_not_start_fails_with_its_exit_code(self, kit: SwarmKit) -> None:
        change(kit, command=BROKEN, health="")
        with pytest.raises(StepError, match=r"store-1-\w+ failed: exit code 9"):
            list(kit.connect().require("infrastructure").provision())

    def test_a_port_that_everybody_could_reach_is_refused(self, kit: SwarmKit) -> None:
        change(kit, ports=(7000,))
        with pytest.raises(UsageError, match="open port 7000 of accessory store to everybody"):
            kit.deploy(kit.workload())
        assert kit.connect().require("history").list() == []


def change(kit: SwarmKit, **settings: object) -> None:
    options = kit.target.options
    changed = options.accessories["store"].model_copy(update=settings)
    options = options.model_copy(update={"accessories": {"store": changed}})
    kit.target = replace(kit.target, options=options)


def store(kit: SwarmKit) -> Service:
    found: Service = kit.client.services.get(f"{kit.target.app}-contract-accessory-store")
    return found


def ran(kit: SwarmKit) -> Sequence[str]:
    """All tasks that the Swarm ever had for it."""
    return sorted(task["ID"] for task in store(kit).tasks())


def constraints(kit: SwarmKit) -> Any:
    return store(kit).attrs["Spec"]["TaskTemplate"]["Placement"]["Constraints"]
