"""Which registry an environment's releases go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fullcycle.providers import Registry

    from .engine import Engine
    from .options import Options


def registry(app: str, engine: Engine, options: Options) -> Registry:
    """A registry that the settings name, or the Engine itself."""
    if options.registry:
        from .registry_remote import RemoteRegistry

        return RemoteRegistry(app, engine, options.registry)
    from .registry_engine import EngineRegistry

    return EngineRegistry(app, engine)
