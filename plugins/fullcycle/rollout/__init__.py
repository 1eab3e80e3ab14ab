"""Strategies over a provider's primitives, for platforms without a rollout engine."""
