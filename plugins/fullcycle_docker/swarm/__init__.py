"""Releases as services of a Docker Swarm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fullcycle.providers import Target
    from fullcycle_docker.engine import Engine
    from fullcycle_docker.options import Options


def capabilities(target: Target, engine: Engine, options: Options) -> dict[str, Any]:
    """What of Capabilities a Swarm offers by means of its own; connects to nothing."""
    from fullcycle_docker.labels import Owner

    from .infrastructure import SwarmInfrastructure
    from .maintenance import SwarmMaintenance
    from .manager import Manager
    from .runtime import SwarmRuntime
    from .services import Services
    from .state import SwarmHistory, SwarmLock
    from .telemetry import SwarmTelemetry

    owner = Owner(target.app, target.environment)
    manager = Manager(engine)
    history = SwarmHistory(manager, owner)
    services = Services(manager, owner, options)
    return {
        "runtime": SwarmRuntime(target, services, history),
        "history": history,
        "lock": SwarmLock(manager, owner),
        "telemetry": SwarmTelemetry(services),
        "maintenance": SwarmMaintenance(services),
        "infrastructure": SwarmInfrastructure(services),
    }
