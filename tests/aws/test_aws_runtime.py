"""The aws provider keeps the contract of runtimes, with tasks that are containers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aws_bed.kit import AwsKit, pushed  # noqa: F401 (a fixture)
from fullcycle.errors import RolledBackError
from fullcycle.model import DeploymentStatus
from fullcycle.providers import Strategy
from fullcycle.testing import ProcessesContract, RuntimeContract
from fullcycle.testing.client import get, versions, visitors
from fullcycle.testing.processes import running
from fullcycle.testing.runtime import HASTY

if TYPE_CHECKING:
    from fullcycle.testing.contract import Kit

ANSWERS = "the load balancer stays, and answers that nothing is deployed"


class TestRuntime(AwsKit, RuntimeContract):
    @pytest.mark.skip(reason="the emulator has no Session Manager behind ECS Exec")
    def test_the_exit_code_of_exec_is_passed_on(self, kit: Kit) -> None: ...

    def test_an_unhealthy_version_is_rolled_back_and_the_error_says_so_with_the_log_tail(
        self, kit: Kit
    ) -> None:
        """As the contract has it, but for the tasks: the emulator cannot take an update back."""
        url = kit.deploy(kit.workload("1.0.0"))
        with visitors(url) as trouble, pytest.raises(RolledBackError, match="503") as failed:
            kit.deploy(kit.workload("2.0.0", "never-healthy", health=HASTY))
        assert "starting 2.0.0" in failed.value.log_tail
        assert (trouble, versions(url)) == ([], {"1.0.0"})
        last = kit.platform.require("history").list(1)[0]
        assert last.status is DeploymentStatus.ROLLED_BACK
        assert "503" in last.reason

    def test_a_new_health_check_does_not_take_the_old_version_out_of_service(
        self, kit: Kit
    ) -> None:
        """As the contract has it, for a version that answers both: a target group has one check."""
        url = kit.deploy(kit.workload("1.0.0"))
        moved = replace(kit.workload().health, path="/alive")
        both = kit.workload("2.0.0", health=moved, env={"HEALTHY_ON": "/alive,/healthz"})
        with visitors(url) as trouble:
            said = [event.message for event in kit.deploying(both)]
        assert any("have to answer /healthz, too" in line for line in said)
        assert (trouble, versions(url)) == ([], {"2.0.0"})
        kit.deploy(kit.workload("3.0.0", health=moved, env={"HEALTHY_ON": "/alive"}))
        assert versions(url) == {"3.0.0"}

    def test_removing_leaves_nothing_running(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload())
        list(kit.connect().runtime.remove())
        assert get(url)[0] == 503, ANSWERS
        assert not kit.connect().runtime.status().replicas
        assert kit.connect().require("history").list()


class TestProcesses(AwsKit, ProcessesContract):
    """Rolling only: the emulator has no target groups that requests are moved between."""

    @pytest.fixture
    def strategy(self) -> Strategy:
        return Strategy()

    @pytest.mark.skip(reason="the emulator ignores health checks of containers")
    def test_a_worker_can_be_asked_for_its_health_by_a_command(self, kit: Kit) -> None: ...

    def test_all_processes_are_replaced_without_a_failed_request(
        self, kit: Kit, strategy: Strategy
    ) -> None:
        ProcessesContract.test_all_processes_are_replaced_without_a_failed_request(
            self, kit, strategy
        )

    def test_a_worker_that_fails_brings_all_processes_back(
        self, kit: Kit, strategy: Strategy
    ) -> None:
        ProcessesContract.test_a_worker_that_fails_brings_all_processes_back(self, kit, strategy)

    def test_removing_leaves_no_process(self, kit: Kit) -> None:
        url = kit.deploy(self.worked(kit))
        list(kit.connect().runtime.remove())
        assert not running(kit)
        assert get(url)[0] == 503, ANSWERS
