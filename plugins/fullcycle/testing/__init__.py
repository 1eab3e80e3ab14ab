"""The conformance kit: contract classes to subclass, and a quick check, for providers of anyone.

A provider's tests subclass the contracts of the capabilities it has, name it, and say how it is
configured; every promise of the contract is a test whose name is a sentence:

    class TestRuntime(RuntimeContract):
        provider_name = "mine"
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from .check import check

if TYPE_CHECKING:
    from .builder import BuilderContract
    from .contract import Contract
    from .history import HistoryContract
    from .lock import LockContract
    from .maintenance import MaintenanceContract
    from .processes import ProcessesContract
    from .recovery import RecoveryContract
    from .registry import RegistryContract
    from .routing import RoutingContract
    from .runtime import RuntimeContract
    from .scaler import ScalerContract
    from .strategy import StrategyContract
    from .telemetry import TelemetryContract

__all__ = [
    "BuilderContract",
    "Contract",
    "HistoryContract",
    "LockContract",
    "MaintenanceContract",
    "ProcessesContract",
    "RecoveryContract",
    "RegistryContract",
    "RoutingContract",
    "RuntimeContract",
    "ScalerContract",
    "StrategyContract",
    "TelemetryContract",
    "check",
]


def __getattr__(name: str) -> Any:
    """Load a contract on first use: they need pytest, which the quick check does without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    _explain_assertions()
    return getattr(import_module(_module(name)), name)


def _module(name: str) -> str:
    return f"{__name__}.{name.removesuffix('Contract').lower() or 'contract'}"


@cache
def _explain_assertions() -> None:
    """Let pytest show the values in failed assertions of what of the kit is not loaded yet."""
    import sys

    import pytest

    modules = {_module(name) for name in __all__ if name != "check"}
    pytest.register_assert_rewrite(*(modules - sys.modules.keys()))
