"""Releases as containers of one Engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fullcycle.providers import Target

    from .engine import Engine
    from .options import Options


def capabilities(target: Target, engine: Engine, options: Options) -> dict[str, Any]:
    """What of Capabilities a single Engine offers; connects to nothing."""
    from .accessories import Accessories
    from .gateway import Gateway
    from .history import DockerHistory
    from .infrastructure import DockerInfrastructure
    from .labels import Owner
    from .lock import DockerLock
    from .logs import Logs
    from .network import Network
    from .replicas import DockerReplicas
    from .router import DockerRouter
    from .state import State
    from .telemetry import DockerTelemetry

    owner = Owner(target.app, target.environment)
    state, network = State(engine, owner), Network(engine, owner)
    accessories = Accessories(engine, owner, network, options.accessories)
    replicas = DockerReplicas(engine, owner, network, Logs(engine, owner, state), accessories)
    gateway = Gateway(engine, owner, network, options.proxy, options.bind)
    router = DockerRouter(engine, gateway, replicas.probe)
    return {
        "replicas": replicas,
        "router": router,
        "maintenance": router,
        "history": DockerHistory(state),
        "lock": DockerLock(engine, owner),
        "telemetry": DockerTelemetry(engine, owner, replicas, router),
        "infrastructure": DockerInfrastructure(engine, owner, network, accessories, gateway),
    }
