"""What every Scaler promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import UsageError
from fullcycle.model import Peak, ScalingPolicy

from .contract import Contract, Kit

if TYPE_CHECKING:
    from fullcycle.providers import Scaler

POLICY = ScalingPolicy(min=2, max=8, target={"cpu": 60.0, "requests": 20.0})
PEAK = Peak(name="sale", cron="0 8 * * MON-FRI", minutes=90, min=4, max=12)


class ScalerContract(Contract):
    """A policy is in force from its installation until it is taken away."""

    def ready(self, kit: Kit) -> None:
        """Let something run that can be scaled."""
        kit.deploy(kit.workload())

    def test_a_policy_that_was_installed_is_in_force(self, kit: Kit) -> None:
        self.ready(kit)
        assert list(_scaler(kit).installed()) == []
        assert _scaler(kit).install(POLICY)
        told = "\n".join(_scaler(kit).installed())
        assert "2 to 8 replicas" in told
        assert "cpu" in told.lower()
        assert "requests" in told

    def test_installing_the_same_again_changes_nothing(self, kit: Kit) -> None:
        self.ready(kit)
        policy = ScalingPolicy(target=POLICY.target | {"response": 0.5}, peaks=(PEAK,))
        _scaler(kit).install(policy)
        before = list(_scaler(kit).installed())
        assert list(_scaler(kit).install(policy)) == []
        assert list(_scaler(kit).installed()) == before

    def test_another_policy_takes_the_place_of_the_first(self, kit: Kit) -> None:
        self.ready(kit)
        _scaler(kit).install(ScalingPolicy(target={"cpu": 60.0, "response": 0.5}, peaks=(PEAK,)))
        _scaler(kit).install(ScalingPolicy(min=1, max=3, target={"memory": 70.0}))
        told = "\n".join(_scaler(kit).installed())
        assert "1 to 3 replicas" in told
        assert "memory" in told.lower()
        assert not [word for word in ("cpu", "response", "sale") if word in told.lower()]

    def test_nothing_is_in_force_once_it_is_taken_away(self, kit: Kit) -> None:
        self.ready(kit)
        _scaler(kit).install(ScalingPolicy(target=POLICY.target, peaks=(PEAK,)))
        assert _scaler(kit).uninstall()
        assert list(_scaler(kit).installed()) == []
        assert list(_scaler(kit).uninstall()) == []

    def test_a_metric_that_the_platform_does_not_know_is_refused(self, kit: Kit) -> None:
        self.ready(kit)
        with pytest.raises(UsageError, match="luck"):
            _scaler(kit).install(ScalingPolicy(target={"cpu": 60.0, "luck": 7.0}))
        assert list(_scaler(kit).installed()) == []


def _scaler(kit: Kit) -> Scaler:
    """As another command finds it."""
    return kit.connect().require("scaler")
