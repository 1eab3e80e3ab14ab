"""Releases on a real Swarm: on one node, on several, and when a node is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from docker_bed.registry import serving
from fullcycle.errors import UsageError
from fullcycle.model import HealthCheck, HealthKind, Process
from fullcycle.providers import Strategy
from fullcycle.testing import Contract
from fullcycle.testing.client import eventually, versions, visitors
from fullcycle_docker.swarm.publish import has_ipvs
from swarm_kit import SwarmContract, SwarmKit, image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from docker_bed.swarm import Node, Swarm
    from fullcycle.model import Release
    from fullcycle.providers import Target
    from fullcycle.testing.application import Behaviour


class TestOneNode(SwarmContract):
    def test_a_worker_runs_beside_and_its_health_is_a_command(self, kit: SwarmKit) -> None:
        check = HealthCheck(kind=HealthKind.COMMAND, command="test -e /tmp/up", interval=0.5)
        command = "touch /tmp/up && sleep 600"
        workload = kit.workload(processes=(Process(name="worker", command=command, health=check),))
        kit.deploy(workload)
        status = kit.connect().runtime.status()
        assert sorted(one.process for one in status.replicas) == ["web", "web", "worker"]
        assert status.notes == ()

    def test_a_process_that_the_settings_lost_is_removed(self, kit: SwarmKit) -> None:
        kit.deploy(kit.workload(processes=(Process(name="clock", command="sleep 600"),)))
        kit.deploy(kit.workload())
        assert {one.process for one in kit.connect().runtime.status().replicas} == {"web"}

    def test_health_by_tcp_needs_no_answer(self, kit: SwarmKit) -> None:
        health = replace(kit.workload().health, kind=HealthKind.TCP)
        assert versions(kit.deploy(kit.workload(health=health))) == {"1.0.0"}

    @pytest.mark.parametrize("kind", ["canary", "blue-green"])
    def test_what_a_swarm_cannot_do_is_said_before_anything_is_touched(
        self, kit: SwarmKit, kind: Any
    ) -> None:
        deployment = kit.deployment(kit.workload())
        with pytest.raises(UsageError, match=f"knows no {kind}"):
            list(kit.connect().runtime.deploy(deployment, Strategy(kind=kind)))
        assert not kit.connect().require("history").list()

    def test_a_health_check_that_the_image_lacks_is_refused(self, kit: SwarmKit) -> None:
        health = replace(kit.workload().health, kind=HealthKind.CONTAINER)
        with pytest.raises(UsageError, match="no HEALTHCHECK"):
            kit.deploy(kit.workload(health=health))
        assert not kit.connect().runtime.status().replicas

    def test_no_value_of_a_secret_is_in_a_service(
        self, kit: SwarmKit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KIT_TOKEN", "hunter2-hunter2")
        kit.deploy(kit.workload(secrets=("KIT_TOKEN",)))
        found = [service.attrs for service in kit.client.services.list()]
        containers = [each.attrs for each in kit.client.containers.list()]
        assert "KIT_TOKEN" in str(found)
        assert "hunter2" not in str(found) + str(containers)

    def test_removing_leaves_only_the_history(self, kit: SwarmKit) -> None:
        kit.deploy(kit.workload())
        list(kit.connect().runtime.remove())
        wanted = {"label": f"fullcycle.app={kit.target.app}"}
        assert not kit.client.services.list(filters=wanted)
        assert not kit.client.networks.list(filters=wanted)
        assert not kit.client.secrets.list(filters=wanted)
        roles = [each.attrs["Spec"]["Labels"] for each in kit.client.configs.list(filters=wanted)]
        assert {labels["fullcycle.role"] for labels in roles} == {"state"}


class RegistryKit(SwarmKit):
    """Its releases are in a registry that all nodes pull from."""

    host: str

    def release(self, version: str, behaviour: Behaviour = "good") -> Release:
        made = super().release(version, behaviour)
        name = f"{self.host}/kit"
        self.client.images.get(image(self.client, self.base, version, behaviour)).tag(name, version)
        return replace(made, registry=f"{name}@{push(self.client, name, version)}")


class TestThreeNodes(Contract):
    provider_name = "docker"

    @pytest.fixture
    def base_on_three(self, engine: DockerClient, base_image: str, swarm_of_three: Swarm) -> str:
        swarm_of_three.load(engine, base_image, only=swarm_of_three.nodes[:1])
        return base_image

    @pytest.fixture
    def host(self, swarm_of_three: Swarm) -> Iterator[str]:
        with serving(host=swarm_of_three.gateway) as host:
            yield host

    @pytest.fixture
    def options(
        self, engine: DockerClient, swarm_of_three: Swarm, host: str, haproxy_image: str
    ) -> dict[str, Any]:
        first = swarm_of_three.nodes[0]
        swarm_of_three.load(engine, haproxy_image, only=[first])
        first.client.images.get(haproxy_image).tag(f"{host}/haproxy", "1")
        push(first.client, f"{host}/haproxy", "1")
        return {"host": first.url, "orchestrator": "auto", "proxy": f"{host}/haproxy:1"}

    @pytest.fixture
    def kit(
        self,
        target: Target,
        tmp_path: Path,
        swarm_of_three: Swarm,
        base_on_three: str,
        host: str,
    ) -> Iterator[RegistryKit]:
        SwarmKit.client, SwarmKit.base = swarm_of_three.manager, base_on_three
        made = RegistryKit(self, target, tmp_path)
        made.host = host
        yield made
        made.clean()

    def command(self) -> str:
        return "python app.py {port}"

    @pytest.mark.timeout(300)
    def test_a_lost_node_and_a_drained_one_keep_the_service_up(
        self, kit: RegistryKit, swarm_of_three: Swarm
    ) -> None:
        _, lost, drained = swarm_of_three.nodes
        url = kit.deploy(kit.workload(replicas=3))
        with visitors(url) as trouble:
            swarm_of_three.lose(lost)
            eventually(lambda: away(kit, swarm_of_three, lost), "all replicas on other nodes")
        print(f"{len(trouble)} requests failed while a node was lost: {trouble[:5]}")  # noqa: T201
        with visitors(url) as later:
            assert versions(url, 200) == {"1.0.0"}
            kit.deploy(kit.workload("2.0.0", replicas=3))
        assert later == []
        swarm_of_three.restore(lost)
        with visitors(url) as meanwhile:
            swarm_of_three.drain(drained)
            eventually(lambda: away(kit, swarm_of_three, drained), "the replicas to move")
            swarm_of_three.work(drained)
        assert meanwhile == []

    def test_a_release_that_is_in_no_registry_is_refused(self, kit: RegistryKit) -> None:
        release = replace(kit.release("1.0.0"), registry="")
        with pytest.raises(UsageError, match="in no registry") as refused:
            kit.deploy(replace(kit.workload(), release=release))
        assert "registry" in refused.value.hint


def away(kit: RegistryKit, swarm: Swarm, node: Node) -> bool:
    """Whether all replicas run, and none of them on a node."""
    client = swarm.manager
    service = client.services.get(f"{kit.target.app}-contract-web")
    tasks = service.tasks(filters={"desired-state": "running"})
    there = [task["NodeID"] for task in tasks if task["Status"]["State"] == "running"]
    return len(there) == 3 and swarm.about(node).id not in there


def push(client: DockerClient, name: str, tag: str) -> str:
    """The digest of what was pushed."""
    told = client.images.push(name, tag, stream=True, decode=True)
    return str(next(line["aux"]["Digest"] for line in told if "aux" in line))


def test_a_kernel_has_ipvs_when_it_is_in_use_built_in_or_a_module(tmp_path: Path) -> None:
    loaded = tmp_path / "ip_vs"
    assert not has_ipvs(loaded, tmp_path)
    (tmp_path / "modules.dep").write_text("kernel/net/netfilter/ipvs/ip_vs.ko.xz: kernel/x.ko\n")
    assert has_ipvs(loaded, tmp_path)
    (tmp_path / "modules.dep").unlink()
    loaded.touch()
    assert has_ipvs(loaded, tmp_path)
