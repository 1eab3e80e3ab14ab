"""Strategies over a provider's primitives, for platforms without a rollout engine."""

from .records import rollback_target
from .runtime import RolloutRuntime

__all__ = ["RolloutRuntime", "rollback_target"]
