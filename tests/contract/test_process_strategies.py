"""The process provider keeps the contract of strategies and processes, behind either gateway."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from fullcycle.testing import ProcessesContract, StrategyContract

if TYPE_CHECKING:
    from pathlib import Path

haproxy = pytest.param(
    "haproxy",
    marks=pytest.mark.skipif(not shutil.which("haproxy"), reason="haproxy is not installed"),
)


class BehindAGateway:
    """The provider under test, in a home of its own, behind each kind of gateway."""

    provider_name = "process"

    @pytest.fixture(params=["python", haproxy])
    def options(self, tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
        return {"home": str(tmp_path / "home"), "gateway": request.param}


class TestStrategy(BehindAGateway, StrategyContract):
    pass


class TestProcesses(BehindAGateway, ProcessesContract):
    pass
