"""The process provider keeps the contract, behind either gateway."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from fullcycle.testing import (
    BuilderContract,
    HistoryContract,
    LockContract,
    MaintenanceContract,
    RecoveryContract,
    RegistryContract,
    RoutingContract,
    RuntimeContract,
    TelemetryContract,
    check,
)

if TYPE_CHECKING:
    from pathlib import Path

haproxy = pytest.param(
    "haproxy",
    marks=pytest.mark.skipif(not shutil.which("haproxy"), reason="haproxy is not installed"),
)


class Process:
    """The provider under test, in a home of its own."""

    provider_name = "process"

    @pytest.fixture
    def options(self, tmp_path: Path) -> dict[str, Any]:
        return {"home": str(tmp_path / "home")}


class BehindAGateway(Process):
    """The same, behind each kind of gateway."""

    @pytest.fixture(params=["python", haproxy])
    def options(self, tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
        return {"home": str(tmp_path / "home"), "gateway": request.param}


class TestBuilder(Process, BuilderContract):
    pass


class TestRegistry(Process, RegistryContract):
    pass


class TestHistory(Process, HistoryContract):
    pass


class TestLock(Process, LockContract):
    pass


class TestRouting(BehindAGateway, RoutingContract):
    pass


class TestMaintenance(BehindAGateway, MaintenanceContract):
    pass


class TestRuntime(BehindAGateway, RuntimeContract):
    pass


class TestRecovery(BehindAGateway, RecoveryContract):
    pass


class TestTelemetry(BehindAGateway, TelemetryContract):
    pass


def test_the_quick_check_finds_nothing_wrong() -> None:
    report = check("process")
    assert any("replicas has the contract's methods" in line for line in report)
    assert report[-1] == "it runs applications with fullcycle's rollout over its primitives"
