"""The docker provider keeps the contract, with containers of a real Engine."""

from __future__ import annotations

from docker_bed.kit import DockerKit, kit_images  # noqa: F401 (a fixture)
from fullcycle.testing import (
    HistoryContract,
    LockContract,
    MaintenanceContract,
    ProcessesContract,
    RecoveryContract,
    RoutingContract,
    RuntimeContract,
    StrategyContract,
    TelemetryContract,
)


class TestHistory(DockerKit, HistoryContract):
    pass


class TestLock(DockerKit, LockContract):
    pass


class TestRouting(DockerKit, RoutingContract):
    pass


class TestRuntime(DockerKit, RuntimeContract):
    pass


class TestRecovery(DockerKit, RecoveryContract):
    pass


class TestTelemetry(DockerKit, TelemetryContract):
    pass


class TestStrategy(DockerKit, StrategyContract):
    pass


class TestProcesses(DockerKit, ProcessesContract):
    pass


class TestMaintenance(DockerKit, MaintenanceContract):
    pass
