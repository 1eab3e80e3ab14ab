"""What an environment remembers on its Engine, when things are cut off or cleaned up."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from docker_bed.kit import DockerKit, kit_images  # noqa: F401 (a fixture)
from fullcycle.errors import LockedError, UsageError
from fullcycle.pipeline.hold import Hold
from fullcycle.pipeline.identity import born
from fullcycle_docker.engine import Engine
from fullcycle_docker.history import FOLDER, KEEP
from fullcycle_docker.labels import Owner, Role
from fullcycle_docker.logs import KEPT_LOGS
from fullcycle_docker.state import State, empty_image

if TYPE_CHECKING:
    from docker import DockerClient

    from fullcycle.testing.contract import Kit


@pytest.fixture
def state(kit: Kit) -> State:
    return State(Engine(), Owner(kit.target.app, "contract"))


class TestState(DockerKit):
    def test_a_record_that_was_cut_off_leaves_the_one_before_it(
        self, kit: Kit, state: State
    ) -> None:
        history = kit.platform.require("history")
        first, second = (kit.deployment(kit.workload()) for _ in range(2))
        history.record(first)
        history.record(second)
        newest = max(
            state.read(FOLDER).items(), key=lambda each: int(json.loads(each[1])["number"])
        )
        state.write({f"{FOLDER}/{newest[0]}": newest[1][:-100]})
        assert [each.id for each in kit.connect().require("history").list()] == [first.id]
        kit.connect().require("history").record(second)
        found = {each.id for each in kit.connect().require("history").list()}
        assert found == {first.id, second.id}

    def test_only_the_newest_are_kept(self, kit: Kit, state: State) -> None:
        deployment = kit.deployment(kit.workload())
        records = {f"2026-{number:04}": "{}" for number in range(KEEP)}
        text = json.dumps({"number": 4, "records": records})
        state.write({f"{FOLDER}/a.json": text.encode()})
        kit.platform.require("history").record(deployment)
        contents = [json.loads(each)["records"] for each in state.read(FOLDER).values()]
        assert sorted(map(len, contents)) == [KEEP, KEEP]
        assert [each.id for each in kit.platform.require("history").list()] == [deployment.id]

    def test_what_is_remembered_survives_the_removal_of_stopped_containers(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        made = kit.deployment(kit.workload())
        kit.platform.require("history").record(made)
        engine.api.remove_container(f"{kit.target.app}-contract-state")
        assert list(kit.connect().require("history").list()) == [made]

    def test_logs_of_so_many_removed_replicas_are_kept(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload(replicas=1))
        assert url
        list(kit.connect().runtime.remove())
        offered = kit.connect().capabilities.replicas
        assert offered
        assert {line.text for line in offered.logs()} >= {"starting 1.0.0"}
        assert KEPT_LOGS > 1


class TestLock(DockerKit):
    def test_the_lock_of_a_process_that_is_gone_is_taken_over(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as holder:
            hold = Hold.by_this_process("ann@laptop", 600.0)
            facts = {**hold.facts, "pid": holder.pid, "birth": born(holder.pid)}
            labels = Owner(kit.target.app, "contract").labels(Role.LOCK, hold=json.dumps(facts))
            name = f"{kit.target.app}-contract-lock"
            engine.api.create_container(empty_image(Engine()), ["-"], name=name, labels=labels)
            with pytest.raises(LockedError, match="ann@laptop"):
                kit.connect().require("lock").acquire("bob@server", 60.0)
            holder.kill()
        kit.connect().require("lock").acquire("bob@server", 60.0)

    def test_a_container_of_somebody_else_with_its_name_is_not_removed(
        self, kit: Kit, engine: DockerClient
    ) -> None:
        name = f"{kit.target.app}-contract-lock"
        other = engine.api.create_container(empty_image(Engine()), ["-"], name=name)
        try:
            with pytest.raises(UsageError, match="somebody else"):
                kit.connect().require("lock").acquire("bob@server", 60.0)
        finally:
            engine.api.remove_container(other["Id"])
