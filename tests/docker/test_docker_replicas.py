"""Replicas as containers: what the contract doesn't say, and what goes wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from docker_bed.kit import DockerKit, kit_images  # noqa: F401 (a fixture)
from fullcycle.errors import StepError, UsageError
from fullcycle.model import HealthCheck, HealthKind, ReplicaState, Resources
from fullcycle.rollout.patience import until_healthy
from fullcycle.testing.bench import KitBench
from fullcycle.testing.client import get

if TYPE_CHECKING:
    from docker import DockerClient

    from fullcycle.model import Replica, Workload
    from fullcycle.providers import Replicas
    from fullcycle.testing.contract import Kit

EATER = "python -c \"x = b'x' * 200_000_000; import time; time.sleep(60)\""


def replicas(kit: Kit) -> Replicas:
    offered = kit.platform.capabilities.replicas
    assert offered
    return offered


def started(kit: Kit, workload: Workload) -> Replica:
    offered = replicas(kit)
    offered.prepare(workload)
    return offered.start(workload, "d1")


def healthy(kit: Kit, workload: Workload) -> Replica:
    replica = started(kit, workload)
    for _ in until_healthy(replicas(kit), [replica], workload.health):
        pass
    return replica


class TestReplicas(DockerKit):
    def test_secrets_are_in_the_program_and_nowhere_else(
        self, kit: Kit, engine: DockerClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KIT_TOKEN", 'it\'s $HOME; "quoted"\nover two lines')
        replica = healthy(kit, kit.workload(secrets=("KIT_TOKEN",)))
        seen = get(f"http://{replica.address}/env?name=KIT_TOKEN")[1]
        assert seen == 'it\'s $HOME; "quoted"\nover two lines'
        assert "quoted" not in json.dumps(engine.api.inspect_container(replica.native_id))
        listed = engine.api.top(replica.native_id)
        assert "quoted" not in json.dumps(listed)
        assert replicas(kit).exec(replica, 'test -n "$KIT_TOKEN"', kit.bench) == 0

    def test_a_secret_that_is_not_set_is_the_users_error(self, kit: Kit) -> None:
        with pytest.raises(UsageError, match="KIT_MISSING"):
            replicas(kit).prepare(kit.workload(secrets=("KIT_MISSING",)))

    def test_a_replica_keeps_its_address_when_it_is_restarted(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        workload = kit.workload()
        first, second = healthy(kit, workload), healthy(kit, workload)
        engine.api.kill(first.native_id)
        engine.api.kill(second.native_id)
        engine.api.start(second.native_id)
        engine.api.start(first.native_id)
        found = {each.id: each.address for each in replicas(kit).list()}
        assert found == {first.id: first.address, second.id: second.address}

    def test_memory_that_is_used_up_is_named_as_the_reason(self, kit: Kit) -> None:
        workload = kit.workload(resources=Resources(memory=32_000_000), command=EATER)
        with pytest.raises(StepError, match=r"want of memory.*32 MB"):
            healthy(kit, workload)

    def test_limits_reach_the_container(self, kit: Kit, engine: DockerClient) -> None:
        limits = Resources(cpus=0.5, memory=64_000_000)
        replica = started(kit, kit.workload(resources=limits))
        host = engine.api.inspect_container(replica.native_id)["HostConfig"]
        assert (host["NanoCpus"], host["Memory"]) == (500_000_000, 64_000_000)

    def test_named_volumes_outlive_replicas_and_belong_to_the_environment(self, kit: Kit) -> None:
        workload = kit.workload(volumes=("data:/data",))
        offered = replicas(kit)
        offered.prepare(workload)
        assert offered.run(workload, "echo kept > /data/file", kit.bench) == 0
        assert offered.run(workload, "grep -q kept /data/file", kit.bench) == 0
        removed = [event.message for event in kit.platform.require("infrastructure").teardown()]
        assert f"removed volume {kit.target.app}-contract-data" in removed

    def test_a_command_that_is_cancelled_is_killed_with_its_container(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        workload = kit.workload()
        replicas(kit).prepare(workload)
        with pytest.raises(KeyboardInterrupt):
            replicas(kit).run(workload, "echo begun; sleep 60", Impatient(kit.folder))
        mine: Any = {"label": f"fullcycle.app={kit.target.app}", "status": "running"}
        assert engine.containers.list(filters=mine) == []

    @pytest.mark.parametrize(
        ("health", "answer"),
        [
            (HealthCheck(kind=HealthKind.TCP, interval=0.1), "accepted"),
            (HealthCheck(kind=HealthKind.COMMAND, command="test -f app.py"), "exit code 0"),
            (HealthCheck(kind=HealthKind.NONE, interval=0.1), "runs"),
        ],
        ids=lambda value: str(getattr(value, "kind", "")),
    )
    def test_health_is_asked_as_the_settings_say(
        self, kit: Kit, health: HealthCheck, answer: str
    ) -> None:
        workload = kit.workload(health=health)
        replica = healthy(kit, workload)
        assert answer in replicas(kit).probe(replica, health).detail

    def test_a_health_command_that_fails_says_what_it_wrote(self, kit: Kit) -> None:
        replica = healthy(kit, kit.workload())
        health = HealthCheck(kind=HealthKind.COMMAND, command="echo no luck; exit 3")
        found = replicas(kit).probe(replica, health)
        assert (found.healthy, found.detail) == (False, "exit code 3: no luck")

    def test_an_image_without_a_healthcheck_cannot_be_asked_for_it(self, kit: Kit) -> None:
        replica = healthy(kit, kit.workload())
        found = replicas(kit).probe(replica, HealthCheck(kind=HealthKind.CONTAINER))
        assert found.detail == "its image has no HEALTHCHECK"

    def test_a_paused_replica_is_unhealthy(self, kit: Kit, engine: DockerClient) -> None:
        replica = healthy(kit, kit.workload())
        engine.api.pause(replica.native_id)
        assert replicas(kit).list()[0].state is ReplicaState.UNHEALTHY
        assert "paused" in replicas(kit).probe(replica, kit.workload().health).detail
        engine.api.unpause(replica.native_id)

    def test_containers_of_others_are_not_touched(self, kit: Kit, engine: DockerClient) -> None:
        labels = {"fullcycle.app": kit.target.app, "fullcycle.environment": "another"}
        other = engine.containers.create(
            kit.release("1.0.0").digest, labels={**labels, "fullcycle.role": "replica"}
        )
        kit.deploy(kit.workload(replicas=1))
        list(kit.connect().runtime.remove())
        list(kit.platform.require("infrastructure").teardown())
        assert engine.containers.get(str(other.id)).status == "created"

    def test_an_image_that_has_vanished_is_missed_before_anything_starts(self, kit: Kit) -> None:
        workload = kit.workload()
        gone = replace(workload.release, digest=f"sha256:{'0' * 64}")
        with pytest.raises(StepError, match="release it again"):
            replicas(kit).prepare(replace(workload, release=gone))


class Impatient(KitBench):
    """A step that is cancelled as soon as the command has said something."""

    def checkpoint(self) -> None:
        if self.lines:
            raise KeyboardInterrupt
