"""The docker provider on a Swarm keeps every promise of the contract."""

from __future__ import annotations

from fullcycle.testing import (
    HistoryContract,
    LockContract,
    RecoveryContract,
    RuntimeContract,
    TelemetryContract,
)
from swarm_kit import SwarmContract


class TestRuntime(SwarmContract, RuntimeContract):
    pass


class TestRecovery(SwarmContract, RecoveryContract):
    pass


class TestHistory(SwarmContract, HistoryContract):
    pass


class TestLock(SwarmContract, LockContract):
    pass


class TestTelemetry(SwarmContract, TelemetryContract):
    pass
