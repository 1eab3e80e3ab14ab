"""What every Runtime promises after a deployment was killed."""

from __future__ import annotations

import pytest

from fullcycle.model import DeploymentStatus

from .client import answers, versions, visitors
from .contract import Contract, Kit
from .victim import kill_after


class RecoveryContract(Contract):
    """A process killed at any moment leaves nothing that `recover` doesn't finish or undo."""

    @pytest.mark.parametrize("events", [1, 2, 4, 6, 8, 10, 12])
    def test_a_deployment_that_was_killed_is_finished_or_undone(
        self, kit: Kit, events: int
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        with visitors(url) as trouble:
            killed = kill_after(kit, kit.deployment(kit.workload("2.0.0")), events)
            list(kit.connect().runtime.recover())
            status = kit.connect().runtime.status()
            assert status.deployment is not None
            wanted = status.deployment.workload.release.version
            assert versions(url) == {wanted}
        assert trouble == []
        assert (status.desired, len(status.replicas), status.notes) == (2, 2, ())
        assert {replica.version for replica in status.replicas} == {wanted}
        last = kit.connect().require("history").list(1)[0].status
        finished = wanted == "2.0.0"
        assert last is (DeploymentStatus.SUCCEEDED if finished else DeploymentStatus.INTERRUPTED)
        assert killed or finished

    @pytest.mark.parametrize("events", [1, 3])
    def test_a_first_deployment_that_was_killed_is_finished_or_removed(
        self, kit: Kit, events: int
    ) -> None:
        kill_after(kit, kit.deployment(kit.workload("1.0.0")), events)
        list(kit.connect().runtime.recover())
        status = kit.connect().runtime.status()
        assert len(status.replicas) == status.desired
        url = status.url or f"http://127.0.0.1:{kit.port}"
        assert answers(url) == bool(status.desired)

    def test_where_all_is_well_recovering_does_nothing(self, kit: Kit) -> None:
        assert list(kit.connect().runtime.recover()) == []
        kit.deploy(kit.workload())
        assert list(kit.connect().runtime.recover()) == []
        list(kit.connect().runtime.remove())
        assert list(kit.connect().runtime.recover()) == []
