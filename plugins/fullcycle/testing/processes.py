"""What every Runtime promises of processes beside the one that requests are routed to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import RolledBackError
from fullcycle.model import WEB, HealthCheck, HealthKind, Process, Workload
from fullcycle.providers import Strategy

from .client import answers, versions, visitors
from .contract import Contract, Kit

if TYPE_CHECKING:
    from collections.abc import Mapping

STRATEGIES = pytest.mark.parametrize(
    "strategy",
    [Strategy(), Strategy(kind="blue-green", pause=0), Strategy(kind="canary", pause=0)],
    ids=lambda strategy: strategy.kind,
)


class ProcessesContract(Contract):
    """Workers come and go with the release, and get no requests."""

    def worked(self, kit: Kit, version: str = "1.0.0", **changes: object) -> Workload:
        """Two replicas of the application, and one worker."""
        worker = Process(name="worker", command=self.worker())
        return kit.workload(version, processes=(replace(worker, **changes),))  # type: ignore[arg-type]

    @STRATEGIES
    def test_all_processes_are_replaced_without_a_failed_request(
        self, kit: Kit, strategy: Strategy
    ) -> None:
        url = kit.deploy(self.worked(kit, "1.0.0"))
        assert running(kit) == {(WEB, "1.0.0"): 2, ("worker", "1.0.0"): 1}
        with visitors(url) as trouble:
            kit.deploy(self.worked(kit, "2.0.0"), strategy)
        assert trouble == []
        assert versions(url) == {"2.0.0"}
        assert running(kit) == {(WEB, "2.0.0"): 2, ("worker", "2.0.0"): 1}
        assert kit.connect().runtime.status().notes == ()
        written = [line.text for line in kit.connect().runtime.logs()]
        assert any(line.startswith("working 2.0.0") for line in written)

    @STRATEGIES
    def test_a_worker_that_fails_brings_all_processes_back(
        self, kit: Kit, strategy: Strategy
    ) -> None:
        url = kit.deploy(self.worked(kit, "1.0.0"))
        with visitors(url) as trouble, pytest.raises(RolledBackError) as failed:
            kit.deploy(self.worked(kit, "2.0.0", command=f"{self.worker()} badly"), strategy)
        assert trouble == []
        assert "the worker of 2.0.0 cannot work" in failed.value.log_tail
        assert versions(url) == {"1.0.0"}
        assert running(kit) == {(WEB, "1.0.0"): 2, ("worker", "1.0.0"): 1}
        assert kit.connect().runtime.status().notes == ()

    def test_scaling_workers_touches_nothing_else(self, kit: Kit) -> None:
        kit.deploy(self.worked(kit))
        before = _ids(kit)
        kit.deploy(self.worked(kit, replicas=3))
        assert before < _ids(kit)
        assert running(kit)["worker", "1.0.0"] == 3
        kit.deploy(self.worked(kit, replicas=0))
        assert running(kit) == {(WEB, "1.0.0"): 2}
        assert kit.connect().runtime.status().notes == ()
        assert kit.connect().runtime.status().desired == 2

    def test_a_process_that_is_no_more_is_stopped(self, kit: Kit) -> None:
        kit.deploy(self.worked(kit))
        kit.deploy(kit.workload("2.0.0"))
        assert running(kit) == {(WEB, "2.0.0"): 2}

    def test_a_worker_can_be_asked_for_its_health_by_a_command(self, kit: Kit) -> None:
        asked = HealthCheck(kind=HealthKind.COMMAND, command="test -f app.py", deadline=20.0)
        kit.deploy(self.worked(kit, "1.0.0", health=asked))
        failing = replace(asked, command="echo no queue; exit 3", deadline=2.0)
        with pytest.raises(RolledBackError, match=r"echo no queue.*exit code 3"):
            kit.deploy(self.worked(kit, "2.0.0", health=failing))
        assert running(kit) == {(WEB, "1.0.0"): 2, ("worker", "1.0.0"): 1}

    def test_removing_leaves_no_process(self, kit: Kit) -> None:
        url = kit.deploy(self.worked(kit))
        list(kit.connect().runtime.remove())
        assert not running(kit)
        assert not answers(url)


def running(kit: Kit) -> Mapping[tuple[str, str], int]:
    """How many replicas there are of each process and version."""
    status = kit.connect().runtime.status()
    return Counter((replica.process, replica.version) for replica in status.replicas)


def _ids(kit: Kit) -> set[str]:
    return {replica.id for replica in kit.connect().runtime.status().replicas}
