"""The gateway in a container: what it survives, who may change it, and what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from docker_bed.kit import DockerKit, kit_images  # noqa: F401 (a fixture)
from fullcycle.errors import StepError
from fullcycle.model import HealthCheck, HealthKind
from fullcycle.testing.client import answers, eventually, get, versions, visitors
from fullcycle.testing.contract import free_port
from fullcycle.testing.routing import Site
from fullcycle_docker.gateway import CONTROL

if TYPE_CHECKING:
    from docker import DockerClient

    from fullcycle.testing.contract import Kit

KNOCK = """
import socket, sys
for port in ({control}, 9998):
    try:
        with socket.create_connection(("{host}", port), 2) as channel:
            channel.sendall(b"show version\\n")
            if channel.recv(100):
                sys.exit(f"port {{port}} answers")
    except OSError:
        pass
"""


def gateway(kit: Kit) -> str:
    return f"{kit.target.app}-contract-gateway"


def serves(url: str) -> bool:
    return answers(url) and get(url)[0] == 200


class TestGateway(DockerKit):
    def test_it_comes_back_with_its_routes_when_it_is_killed(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        engine.api.restart(gateway(kit), timeout=0)
        eventually(lambda: serves(url), "it serves again")
        status = kit.connect().runtime.status()
        assert (versions(url), status.notes) == ({"1.0.0"}, ())

    def test_a_gateway_that_somebody_stopped_is_started_by_the_next_deployment(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        engine.api.stop(gateway(kit), timeout=0)
        assert not answers(url)
        assert versions(kit.deploy(kit.workload("1.0.0"))) == {"1.0.0"}

    def test_a_gateway_that_somebody_removed_is_made_anew(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        engine.api.remove_container(gateway(kit), force=True)
        list(kit.connect().runtime.recover())
        assert versions(url) == {"1.0.0"}

    def test_a_replica_that_crashes_comes_back_into_service(self, kit: Kit) -> None:
        site = Site(kit)
        replica = site.routed("1.0.0")
        assert get(f"{site.url}/crash")[0] >= 500
        eventually(lambda: serves(site.url), "it serves again")
        assert site.statistics(replica).up

    def test_nobody_in_the_replicas_network_can_change_it(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        site = Site(kit)
        replica = site.routed("1.0.0")
        networks = engine.api.inspect_container(gateway(kit))["NetworkSettings"]["Networks"]
        host = next(iter(networks.values()))["IPAddress"]
        knock = KNOCK.format(control=CONTROL, host=host)
        assert site.replicas.exec(replica, f"python -c '{knock}'", kit.bench) == 0, kit.bench.lines

    def test_it_moves_to_another_port_without_losing_its_routes(self, kit: Kit) -> None:
        site = Site(kit)
        site.routed("1.0.0")
        moved = site.router.open(port := free_port(), site.workload("1.0.0").health)
        assert moved == f"http://127.0.0.1:{port}"
        assert versions(moved) == {"1.0.0"}
        assert not answers(site.url)

    def test_a_page_that_another_command_shows_meanwhile_outlives_a_restart(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        site = Site(kit)
        first = site.routed("1.0.0")
        kit.connect().require("maintenance").begin("<p>we are at it</p>")
        site.routed("2.0.0")
        site.router.withdraw(first)
        engine.api.restart(gateway(kit), timeout=0)
        eventually(lambda: answers(site.url), "it answers again")
        assert get(site.url) == (503, "<p>we are at it</p>\n")

    def test_what_haproxy_cannot_ask_is_asked_before_it_gets_requests(self, kit: Kit) -> None:
        site = Site(kit)
        replica = site.started("1.0.0")
        command = HealthCheck(kind=HealthKind.COMMAND, command="exit 1", deadline=1.0)
        site.router.open(kit.port, command)
        with pytest.raises(StepError, match="exit code 1"):
            site.router.route(replica)
        site.router.open(kit.port, replace(command, command="true", deadline=20.0))
        site.router.route(replica)
        assert versions(site.url) == {"1.0.0"}

    def test_a_replica_that_ends_while_it_is_waited_for_is_given_up_at_once(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        site = Site(kit)
        replica = site.started("1.0.0")
        engine.api.stop(replica.native_id, timeout=0)
        site.hurry(600.0)
        with pytest.raises(StepError, match="exit code"):
            site.router.route(replica)

    def test_settings_that_differ_are_shown_and_applied_by_provisioning(
        self, kit: Kit, engine: DockerClient, haproxy_image: str
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        assert list(kit.platform.require("infrastructure").plan()) == []
        repository = f"kit-proxy-{kit.target.app}"
        engine.api.tag(haproxy_image, repository, "new")
        try:
            options = kit.target.options.model_copy(update={"proxy": f"{repository}:new"})
            kit.target = replace(kit.target, options=options)
            infrastructure = kit.connect().require("infrastructure")
            assert "gateway anew" in infrastructure.plan()[0]
            list(infrastructure.provision())
            assert list(infrastructure.plan()) == []
            assert versions(url) == {"1.0.0"}
            list(kit.connect().runtime.remove())
        finally:
            engine.images.remove(f"{repository}:new")


class TestFromElsewhere(DockerKit):
    """An Engine whose containers cannot be reached from here."""

    def test_a_deployment_goes_through_programs_in_the_gateway(
        self, kit: Kit, engine: DockerClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def far(*_: object) -> bool:
            return False

        for module in ("probe", "gateway", "replicas"):
            monkeypatch.setattr(f"fullcycle_docker.{module}.near", far)
        url = kit.deploy(kit.workload("1.0.0", replicas=1))
        with visitors(url) as trouble:
            kit.deploy(kit.workload("2.0.0", replicas=1))
        assert (versions(url), trouble) == ({"2.0.0"}, [])
        self.outlive(kit, engine)

    def outlive(self, kit: Kit, engine: DockerClient) -> None:
        """What was connected to a gateway that is gone finds the one instead of it."""
        router = kit.platform.capabilities.router
        assert router
        assert len(router.statistics()) == 1
        engine.api.remove_container(gateway(kit), force=True)
        assert list(router.statistics()) == []
        list(kit.connect().runtime.recover())
        assert len(router.statistics()) == 1
