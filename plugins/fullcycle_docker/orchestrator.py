"""Orchestrator: who runs the replicas, a Swarm or a single Engine.

Whether an Engine manages a Swarm is known only when it has been asked, and a provider's
capabilities are told without asking anybody. So where the settings leave it open, each capability
is a Chosen: it finds out on first use.

Both sides offer `capabilities(target, engine, options)`: a dictionary of fields of Capabilities.
The Engine's is `fullcycle_docker.single.capabilities`, with `replicas`, `router`, `history`,
`lock`, `telemetry` and what else it has.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from fullcycle import providers

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.providers import Target

    from .engine import Engine
    from .options import Options

Offer = dict[str, Any]
COMMON = ("runtime", "history", "lock", "telemetry", "maintenance", "infrastructure")
"""What both sides have."""


def capabilities(target: Target, engine: Engine, options: Options) -> Offer:
    """What the environment's orchestrator offers; connects to nothing."""
    if options.orchestrator == "swarm":
        return _swarm(target, engine, options)
    if options.orchestrator == "engine":
        return _single(target, engine, options)
    choice = Choice(target, engine, options)
    return {name: Chosen(choice, name) for name in COMMON}


class Choice:
    """Which of the two it is, found out once."""

    def __init__(self, target: Target, engine: Engine, options: Options) -> None:
        self._given = (target, engine, options)

    @cached_property
    def offer(self) -> Offer:
        """Of the side that the Engine is on.

        Raises:
            OutOfReachError: the Engine cannot be reached.
        """
        target, engine, _ = self._given
        side: Callable[[Target, Engine, Options], Offer]
        side = _swarm if engine.manages_swarm else _single
        offered = side(*self._given)
        if "runtime" not in offered:
            from fullcycle.rollout import RolloutRuntime

            primitives = (offered[name] for name in ("replicas", "router", "history"))
            offered["runtime"] = RolloutRuntime(target, *primitives)
        return offered


class Chosen:
    """A capability of whichever side it is."""

    def __init__(self, choice: Choice, name: str) -> None:
        self._choice = choice
        self._name = name

    def __getattr__(self, method: str) -> Callable[..., Any]:
        """A method that the contract promises; whose it is, is found out when it is called."""
        promised = getattr(providers, self._name.capitalize())
        if method.startswith("__") or not hasattr(promised, method):
            raise AttributeError(f"{self._name} promises no {method}")

        def call(*given: Any, **more: Any) -> Any:
            return getattr(self._choice.offer[self._name], method)(*given, **more)

        return call


def _swarm(target: Target, engine: Engine, options: Options) -> Offer:
    from .swarm import capabilities

    return capabilities(target, engine, options)


def _single(target: Target, engine: Engine, options: Options) -> Offer:
    from .single import capabilities

    offered: Offer = capabilities(target, engine, options)
    return offered
