"""What breaks under a deployment: the daemon, the disk, ports, images, the version itself."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from docker_bed.engine import LABEL, labelled
from docker_bed.kit import (  # noqa: F401 (fixtures)
    BuiltKit,
    DockerKit,
    OwnKit,
    built,
    kit_images,
    own_,
    own_images,
)
from docker_bed.own import OwnEngine, own_engine
from fullcycle.errors import FullcycleError, LockedError, OutOfReachError, StepError, UsageError
from fullcycle.model import DeploymentStatus, Resources
from fullcycle.pipeline.hold import Hold
from fullcycle.testing.client import answers, eventually, get, versions
from fullcycle.testing.contract import free_port
from fullcycle_docker.engine import Engine
from fullcycle_docker.labels import Owner, Role
from fullcycle_docker.state import empty_image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from fullcycle.providers import Target
    from fullcycle.testing.contract import Kit

MEGABYTES = 600
"""Of the small disk: room for the images, and little else."""
EATER = "python -c \"x = b'x' * 200_000_000; import time; time.sleep(60)\""


def serves(url: str, version: str) -> bool:
    return answers(url) and get(url)[0] == 200 and versions(url) == {version}


def listed(engine: DockerClient, kit: Kit) -> list[tuple[str, str]]:
    """Role and state of the environment's containers that are more than memory."""
    mine: Any = {"label": f"fullcycle.app={kit.target.app}"}
    found = engine.api.containers(all=True, filters=mine)
    roles = [(each["Labels"]["fullcycle.role"], str(each["State"])) for each in found]
    return sorted(each for each in roles if each[0] not in {"state", "lock"})


def written(engine: DockerClient, kit: Kit) -> int:
    """How many routes a gateway would come back with."""
    gateway = engine.containers.get(f"{kit.target.app}-contract-gateway")
    said = gateway.exec_run(["cat", "/.fullcycle/gateway/current/state.json"]).output
    assert isinstance(said, bytes)
    return len(json.loads(said)["routes"])


@contextmanager
def standing(kit: Kit, engine: DockerClient, *, port: int) -> Iterator[None]:
    """Somebody else's container listens on a port."""
    other = engine.containers.create(
        kit.release("1.0.0").digest, ports={"8000/tcp": ("127.0.0.1", port)}, name=f"x{port}"
    )
    try:
        other.start()
        yield
    finally:
        other.remove(force=True)


@pytest.mark.timeout(300)
class TestDaemon(OwnKit):
    @pytest.mark.parametrize("events", [2, 6])
    def test_it_dies_in_the_middle_of_a_deployment_that_the_next_command_finishes_or_undoes(
        self, kit: Kit, own: OwnEngine, events: int
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0", replicas=1))
        begun = kit.deploying(kit.workload("2.0.0", replicas=1))
        for _ in range(events):
            next(begun)
        own.kill()
        with pytest.raises(OutOfReachError, match="cannot be reached"):
            list(begun)
        with pytest.raises(OutOfReachError, match="cannot be reached"):
            kit.connect().runtime.status()
        own.start()
        told = [event.message for event in kit.connect().runtime.recover()]
        status = kit.connect().runtime.status()
        assert status.deployment is not None
        wanted = status.deployment.workload.release.version
        eventually(lambda: serves(url, wanted), "it serves again")
        finished = wanted == "2.0.0"
        assert any(f"is {'finished' if finished else 'undone'}" in each for each in told), told
        assert {replica.version for replica in status.replicas} == {wanted}
        last = kit.connect().require("history").list(1)[0].status
        assert last is (DeploymentStatus.SUCCEEDED if finished else DeploymentStatus.INTERRUPTED)

    def test_everything_comes_back_into_service_with_it(self, kit: Kit, own: OwnEngine) -> None:
        url = kit.deploy(kit.workload("1.0.0", replicas=2))
        eventually(lambda: written(own.client, kit) == 2, "the gateway's files have its routes")
        own.kill()
        own.start()
        eventually(lambda: serves(url, "1.0.0"), "it serves again by itself")
        eventually(lambda: kit.connect().runtime.status().notes == (), "nothing is amiss")
        router = kit.connect().capabilities.router
        assert router
        eventually(lambda: [each.up for each in router.statistics()] == [True] * 2, "both serve")


class TestPorts(DockerKit):
    def test_a_port_that_a_program_listens_on_is_the_users_error(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        refusal = pytest.raises(UsageError, match=rf"port is taken .*{kit.port}")
        with socket.create_server(("127.0.0.1", kit.port)), refusal as refused:
            kit.deploy(kit.workload())
        assert "`port`" in refused.value.hint
        assert listed(engine, kit) == []
        assert versions(kit.deploy(kit.workload())) == {"1.0.0"}

    def test_a_port_that_another_container_has_is_the_users_error(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        url = kit.deploy(kit.workload(replicas=1))
        other = free_port()
        refusal = pytest.raises(UsageError, match=rf"port is taken .*{other}")
        with standing(kit, engine, port=other), refusal:
            kit.deploy(kit.workload("2.0.0", port=other, replicas=1))
        assert versions(url) == {"1.0.0"}
        assert listed(engine, kit) == [("gateway", "running"), ("replica", "running")]


class TestVersions(DockerKit):
    @pytest.mark.parametrize(
        ("behaviour", "changes", "reason", "tail"),
        [
            ("never-healthy", {}, "503", "starting 2.0.0"),
            ("crashing", {}, "exit code 1", "boom: 2.0.0 cannot start"),
            (
                "good",
                {"command": EATER, "resources": Resources(memory=32_000_000)},
                "want of memory",
                "",
            ),
        ],
        ids=["unhealthy", "crashing", "greedy"],
    )
    def test_one_that_does_not_get_healthy_says_why(
        self, kit: Kit, behaviour: Any, changes: dict[str, Any], reason: str, tail: str
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0", replicas=1))
        bad = kit.workload("2.0.0", behaviour, replicas=1, **changes)
        bad = replace(bad, health=replace(bad.health, deadline=4.0))
        with pytest.raises(FullcycleError, match=reason) as failed:
            kit.deploy(bad)
        assert failed.value.code == 3
        assert "\n" not in failed.value.message
        assert tail in failed.value.log_tail
        assert versions(url) == {"1.0.0"}

    def test_an_image_that_vanished_is_missed_and_the_old_version_serves(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0", replicas=1))
        workload = kit.workload("2.0.0", replicas=1)
        gone = replace(workload.release, digest=f"sha256:{'0' * 64}")
        with pytest.raises(FullcycleError, match="in no registry") as failed:
            kit.deploy(replace(workload, release=gone))
        assert "release it again" in str(failed.value)
        assert versions(url) == {"1.0.0"}
        assert listed(engine, kit) == [("gateway", "running"), ("replica", "running")]


class TestForeign(DockerKit):
    def test_what_belongs_to_another_environment_is_never_touched(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        image = kit.release("1.0.0").digest
        app = kit.target.app
        near_misses = [
            {"fullcycle.app": app, "fullcycle.environment": "contract2"},
            {"fullcycle.app": f"{app}2", "fullcycle.environment": "contract"},
            {"fullcycle.app": app},
            {},
        ]
        mark = {**labelled(f"{LABEL}={app}"), "fullcycle.role": "replica"}
        names = [f"{app}-contract-web-{number}" for number in range(len(near_misses))]
        try:
            for name, labels in zip(names, near_misses, strict=True):
                both = {**mark, **labels}
                engine.api.create_container(image, name=name, labels=both)
                engine.api.create_network(name, labels={**both, "fullcycle.role": "network"})
                engine.api.create_volume(name, labels={**both, "fullcycle.role": "volume"})
            kit.deploy(kit.workload("1.0.0"))
            kit.deploy(kit.workload("2.0.0", replicas=1))
            kit.deploy(kit.workload("2.0.0", replicas=3))
            assert len(kit.connect().runtime.status().replicas) == 3
            kit.connect().require("registry").prune(0, frozenset())
            list(kit.connect().runtime.remove())
            list(kit.connect().require("infrastructure").teardown())
            for name in names:
                assert engine.api.inspect_container(name)["State"]["Status"] == "created"
                assert engine.networks.list(names=[name])
                assert engine.api.inspect_volume(name)
        finally:
            for name in names:
                engine.api.remove_container(name)
                engine.api.remove_network(name)
                engine.api.remove_volume(name)


class TestLock(DockerKit):
    def test_of_a_killed_process_on_another_host_it_is_taken_over_after_its_time(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        lock = kit.connect().require("lock")
        hold = Hold.by_this_process("ann@laptop", 2.0)
        facts = {**hold.facts, "host": "laptop"}
        labels = Owner(kit.target.app, "contract").labels(Role.LOCK, hold=json.dumps(facts))
        name = f"{kit.target.app}-contract-lock"
        engine.api.create_container(empty_image(Engine()), ["-"], name=name, labels=labels)
        with pytest.raises(LockedError, match="ann@laptop"):
            lock.acquire("bob@server", 60.0)
        eventually(lambda: lock.holder() is None, "its time is over")
        lock.acquire("bob@server", 60.0)
        held = lock.holder()
        assert held
        assert held.owner == "bob@server"
        lock.release("bob@server")


@pytest.mark.timeout(300)
class TestFullDisk(OwnKit):
    @pytest.fixture
    def small(self, engine: DockerClient, base_image: str, haproxy_image: str) -> Iterator[Any]:
        with own_engine(megabytes=MEGABYTES) as made:
            made.load(engine, base_image, haproxy_image)
            with built(made.client, base_image) as images:
                yield made, images

    @pytest.fixture
    def options(self, small: Any, haproxy_image: str) -> dict[str, Any]:
        host = small[0].url
        return {"orchestrator": "engine", "proxy": haproxy_image, "host": host, "bind": "0.0.0.0"}  # noqa: S104 (as OwnKit)

    @pytest.fixture
    def kit(self, target: Target, tmp_path: Path, small: Any) -> Iterator[Kit]:
        made = BuiltKit(self, target, tmp_path, small[1])
        yield made
        made.clean()

    def test_a_deployment_ends_with_the_reason_and_works_when_there_is_space(
        self, kit: Kit, small: Any
    ) -> None:
        engine: OwnEngine = small[0]
        workload = kit.workload("1.0.0", replicas=1)
        filler = engine.folder / "data" / "filler"
        fill(filler)
        with pytest.raises(StepError, match="no space left") as failed:
            kit.deploy(workload)
        assert "docker system df" in failed.value.hint
        filler.unlink()
        assert versions(kit.deploy(workload)) == {"1.0.0"}


def fill(file: Path) -> None:
    """Take all the space there is."""
    with file.open("wb", buffering=0) as growing:
        try:
            while growing.write(bytes(1_000_000)):
                pass
        except OSError:
            return
