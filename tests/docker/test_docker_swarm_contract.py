"""The docker provider on a Swarm keeps every promise of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fullcycle.testing import (
    HistoryContract,
    LockContract,
    RecoveryContract,
    RuntimeContract,
    TelemetryContract,
)
from swarm_kit import SwarmContract

if TYPE_CHECKING:
    from fullcycle.testing.contract import Kit


class TestRuntime(SwarmContract, RuntimeContract):
    pass


class TestRecovery(SwarmContract, RecoveryContract):
    pass


class TestHistory(SwarmContract, HistoryContract):
    pass


class TestLock(SwarmContract, LockContract):
    pass


class TestTelemetry(SwarmContract, TelemetryContract):
    @pytest.mark.skip(reason="the proxies' statistics hold mean response times only")
    def test_response_times_come_as_percentiles(self, kit: Kit) -> None:
        """Not on a Swarm."""

    @pytest.mark.skip(reason="the proxies' statistics hold mean response times only")
    def test_response_times_come_as_a_histogram(self, kit: Kit) -> None:
        """Not on a Swarm."""
