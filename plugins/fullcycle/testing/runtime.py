"""What every Runtime promises, its own or fullcycle's over its primitives."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
from http.client import HTTPException
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import RolledBackError, StepError
from fullcycle.model import DeploymentStatus, HealthCheck, ReplicaState
from fullcycle.pipeline.codec import dump

from .client import answers, eventually, get, versions, visitors
from .contract import Contract, Kit

if TYPE_CHECKING:
    from collections.abc import Generator

    from fullcycle.model import Event

PATIENT = HealthCheck(path="/healthz", interval=0.1, timeout=5.0, deadline=600.0)
"""A test that waited this long would be ended by its own timeout."""
HASTY = HealthCheck(path="/healthz", interval=0.1, timeout=2.0, deadline=5.0)


class RuntimeContract(Contract):
    """Deployments reach every replica, lose no request, and are undone when they fail."""

    def test_a_deployment_reaches_all_replicas(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload("1.0.0", replicas=3))
        assert versions(url) == {"1.0.0"}
        status = kit.platform.runtime.status()
        assert (status.desired, len(status.replicas)) == (3, 3)
        assert {r.digest for r in status.replicas} == {kit.release("1.0.0").digest}

    def test_another_version_replaces_the_old_one_without_a_failed_request(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        with visitors(url) as trouble:
            kit.deploy(kit.workload("2.0.0"))
            assert versions(url) == {"2.0.0"}
        assert trouble == []

    def test_the_same_release_with_other_settings_is_deployed_anew(self, kit: Kit) -> None:
        kit.deploy(kit.workload(env={"COLOUR": "blue"}))
        url = kit.deploy(kit.workload(env={"COLOUR": "green"}))
        assert {get(f"{url}/env?name=COLOUR")[1] for _ in range(8)} == {"green"}

    def test_scaling_loses_no_request_and_keeps_replicas_that_stay(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload(replicas=2))
        before = _ids(kit)
        with visitors(url) as trouble:
            kit.deploy(kit.workload(replicas=3))
            assert before < _ids(kit)
            kit.deploy(kit.workload(replicas=1))
        assert trouble == []
        assert len(_ids(kit)) == kit.platform.runtime.status().desired == 1

    def test_a_restart_replaces_every_replica(self, kit: Kit) -> None:
        kit.deploy(kit.workload())
        before = _ids(kit)
        kit.deploy(kit.workload(), replace_all=True)
        assert not before & _ids(kit)

    def test_a_version_that_starts_slowly_is_waited_for(self, kit: Kit) -> None:
        assert versions(kit.deploy(kit.workload("1.0.0", "slow"))) == {"1.0.0"}

    def test_an_unhealthy_version_is_rolled_back_and_the_error_says_so_with_the_log_tail(
        self, kit: Kit
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        before = _ids(kit)
        with visitors(url) as trouble, pytest.raises(RolledBackError) as failed:
            kit.deploy(kit.workload("2.0.0", "never-healthy", health=HASTY))
        assert "503" in failed.value.message
        assert "starting 2.0.0" in failed.value.log_tail
        assert (trouble, versions(url), _ids(kit)) == ([], {"1.0.0"}, before)
        last = kit.platform.require("history").list(1)[0]
        assert last.status is DeploymentStatus.ROLLED_BACK
        assert "503" in last.reason

    def test_a_crashing_version_is_given_up_at_once_with_its_last_words(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        with pytest.raises(RolledBackError) as failed:
            kit.deploy(kit.workload("2.0.0", "crashing", health=PATIENT))
        assert "boom: 2.0.0 cannot start" in failed.value.log_tail
        assert versions(url) == {"1.0.0"}

    def test_a_first_deployment_that_fails_leaves_nothing(self, kit: Kit) -> None:
        with pytest.raises(StepError) as failed:
            kit.deploy(kit.workload("1.0.0", "crashing", health=PATIENT))
        assert not isinstance(failed.value, RolledBackError)
        assert "boom" in failed.value.log_tail
        assert not _ids(kit)
        assert not answers(f"http://127.0.0.1:{kit.port}")

    def test_closing_a_deployment_half_way_leaves_the_old_version_serving(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        with visitors(url) as trouble:
            with closing(_generator(kit, "2.0.0")) as events:
                for _ in range(8):
                    next(events)
            assert versions(url) == {"1.0.0"}
        assert trouble == []
        assert kit.platform.require("history").list(1)[0].status is DeploymentStatus.INTERRUPTED

    def test_the_status_is_read_from_the_platform_by_whoever_asks(self, kit: Kit) -> None:
        kit.deploy(kit.workload("1.0.0"))
        seen = kit.connect().runtime.status()
        assert seen.deployment is not None
        assert seen.deployment.workload.release == kit.release("1.0.0")
        assert {replica.version for replica in seen.replicas} == {"1.0.0"}
        assert {replica.state for replica in seen.replicas} <= {
            ReplicaState.HEALTHY, ReplicaState.STARTING,
        }  # fmt: skip
        assert seen.notes == ()

    def test_an_empty_environment_has_a_status(self, kit: Kit) -> None:
        status = kit.platform.runtime.status()
        assert (status.url, status.desired, status.replicas) == ("", 0, ())
        assert status.deployment is None

    def test_a_crashed_replica_is_restarted(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload(replicas=1))
        with suppress(OSError, HTTPException):
            get(f"{url}/crash")
        eventually(lambda: _restarts(kit) > 0, "the replica is started again")
        eventually(lambda: answers(url) and get(url)[0] == 200, "it serves again")

    def test_the_exit_code_of_run_is_passed_on(self, kit: Kit) -> None:
        workload = kit.workload(env={"COLOUR": "green"})
        command = 'echo "the colour is $COLOUR"; exit 7'
        assert kit.platform.runtime.run(workload, command, kit.bench) == 7
        assert "the colour is green" in kit.bench.lines
        assert kit.platform.runtime.run(workload, "test -f app.py", kit.bench) == 0

    def test_the_exit_code_of_exec_is_passed_on(self, kit: Kit) -> None:
        kit.deploy(kit.workload(env={"COLOUR": "green"}))
        replica = kit.platform.runtime.status().replicas[0]
        command = 'echo "the colour is $COLOUR"; exit 7'
        assert kit.platform.runtime.exec(replica, command, kit.bench) == 7
        assert "the colour is green" in kit.bench.lines

    def test_logs_of_removed_replicas_stay_readable(self, kit: Kit) -> None:
        kit.deploy(kit.workload("1.0.0"))
        old = _ids(kit)
        kit.deploy(kit.workload("2.0.0"))
        lines = list(kit.connect().runtime.logs())
        assert old <= {line.replica for line in lines if "starting 1.0.0" in line.text}
        assert _ids(kit) <= {line.replica for line in lines if "starting 2.0.0" in line.text}
        one = old.pop()
        assert {line.replica for line in kit.connect().runtime.logs(replica=one)} == {one}

    def test_removing_leaves_nothing_running(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload())
        list(kit.connect().runtime.remove())
        assert not answers(url)
        assert not kit.connect().runtime.status().replicas
        assert kit.connect().require("history").list()

    def test_values_of_secrets_reach_replicas_and_nothing_else(
        self, kit: Kit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KIT_TOKEN", "hunter2-hunter2")
        url = kit.deploy(kit.workload(secrets=("KIT_TOKEN",)))
        assert get(f"{url}/env?name=KIT_TOKEN")[1] == "hunter2-hunter2"
        recorded = dump(kit.platform.require("history").list(1)[0])
        assert "KIT_TOKEN" in recorded
        assert "hunter2" not in recorded

    def test_a_rollback_restores_the_settings_too(self, kit: Kit) -> None:
        first = kit.workload("1.0.0", env={"COLOUR": "blue"})
        kit.deploy(first)
        kit.deploy(kit.workload("2.0.0", env={"COLOUR": "green"}))
        recorded = kit.platform.require("history").list()[-1].workload
        assert recorded == first
        url = kit.deploy(recorded)
        assert versions(url) == {"1.0.0"}
        assert get(f"{url}/env?name=COLOUR")[1] == "blue"

    def test_a_new_health_check_does_not_take_the_old_version_out_of_service(
        self, kit: Kit
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        moved = replace(kit.workload().health, path="/alive")
        with visitors(url) as trouble:
            kit.deploy(kit.workload("2.0.0", health=moved, env={"HEALTHY_ON": "/alive"}))
        assert trouble == []
        assert versions(url) == {"2.0.0"}


def _generator(kit: Kit, version: str) -> Generator[Event, None, None]:
    yield from kit.deploying(kit.workload(version))


def _ids(kit: Kit) -> set[str]:
    return {replica.id for replica in kit.connect().runtime.status().replicas}


def _restarts(kit: Kit) -> int:
    return sum(replica.restarts for replica in kit.connect().runtime.status().replicas)
