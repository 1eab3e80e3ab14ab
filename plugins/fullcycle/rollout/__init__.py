"""Strategies over a provider's primitives, for platforms without a rollout engine."""

from .records import new_id, rollback_target
from .runtime import RolloutRuntime

__all__ = ["RolloutRuntime", "new_id", "rollback_target"]
