"""What runs beside an application, and the plan of what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from docker_bed.kit import DockerKit, kit_images  # noqa: F401 (a fixture)
from fullcycle.errors import StepError

if TYPE_CHECKING:
    from docker import DockerClient

    from fullcycle.testing.contract import Kit
    from fullcycle_docker.options import Accessory

STORE = "python -m http.server 7000 --directory /data"
READY = "python -c 'import socket; socket.create_connection((\"127.0.0.1\", 7000), 1)'"
ASK = "python -c 'import urllib.request as r; print(r.urlopen(\"http://store:7000/\").status)'"


class TestAccessories(DockerKit):
    @pytest.fixture
    def options(self, haproxy_image: str, base_image: str) -> dict[str, Any]:
        store = {"image": base_image, "command": STORE, "health": READY, "volumes": ["kept:/data"]}
        return {
            "orchestrator": "engine",
            "proxy": haproxy_image,
            "accessories": {"store": store},
        }

    def test_replicas_reach_them_by_name_and_deployments_leave_them_alone(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        kit.deploy(kit.workload(replicas=1))
        store = engine.api.inspect_container(f"{kit.target.app}-contract-store")
        replica = kit.platform.runtime.status().replicas[0]
        assert kit.platform.runtime.exec(replica, ASK, kit.bench) == 0
        assert kit.bench.lines[-1] == "200"
        kit.deploy(kit.workload(replicas=1), replace_all=True)
        list(kit.connect().runtime.remove())
        after = engine.api.inspect_container(store["Id"])
        assert (after["State"]["Running"], after["RestartCount"]) == (True, 0)

    def test_what_provisioning_would_change_is_planned_and_then_done(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        infrastructure = kit.platform.require("infrastructure")
        name = f"{kit.target.app}-contract"
        assert list(infrastructure.plan()) == [f"make network {name}", "start accessory store"]
        list(infrastructure.provision())
        assert list(infrastructure.plan()) == []
        changed = kit.target.options.accessories["store"].model_copy(update={"env": {"A": "b"}})
        self.change(kit, changed)
        infrastructure = kit.connect().require("infrastructure")
        assert "its settings have changed" in infrastructure.plan()[0]
        list(infrastructure.provision())
        assert list(infrastructure.plan()) == []
        assert "A=b" in engine.api.inspect_container(f"{name}-store")["Config"]["Env"]

    def test_nothing_is_left_after_a_teardown(self, kit: Kit, engine: DockerClient) -> None:
        kit.deploy(kit.workload(replicas=1))
        list(kit.connect().runtime.remove())
        list(kit.connect().require("infrastructure").teardown())
        mine: Any = {"label": f"fullcycle.app={kit.target.app}"}
        assert engine.containers.list(all=True, filters=mine) == []
        assert engine.volumes.list(filters=mine) == []
        assert engine.networks.list(filters=mine) == []

    def test_one_that_does_not_start_fails_with_its_last_words(self, kit: Kit) -> None:
        wanted = kit.target.options.accessories["store"]
        self.change(kit, wanted.model_copy(update={"command": "python -c 'raise SystemExit(9)'"}))
        with pytest.raises(StepError, match=r"store did not become healthy: .*(9|again)"):
            list(kit.connect().require("infrastructure").provision())

    def change(self, kit: Kit, store: Accessory) -> None:
        options = kit.target.options.model_copy(update={"accessories": {"store": store}})
        kit.target = replace(kit.target, options=options)
