"""The provider `docker`: images, and replicas as containers of an Engine or services of a Swarm.

Importing it costs next to nothing; what a capability needs is imported when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fullcycle.providers import Ailment, Capabilities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.providers import Target

__all__ = ["DockerProvider"]


class _LazyOptions:
    """Stands for the pydantic model until somebody asks for it."""

    def __get__(self, _instance: object, _owner: object) -> type[Any]:
        from .options import Options

        return Options


class DockerProvider:
    """See fullcycle.providers.Provider."""

    name: ClassVar[str] = "docker"
    Options: ClassVar[Any] = _LazyOptions()

    def __init__(self, target: Target) -> None:
        self._target = target

    def capabilities(self) -> Capabilities:
        """Primitives on one Engine, a Runtime of its own on a Swarm.

        Raises:
            OutOfReachError: the docker SDK is not installed.
        """
        from .engine import Engine, require_sdk

        require_sdk()
        from .builder import DockerBuilder
        from .labels import Owner
        from .orchestrator import capabilities
        from .registry import registry
        from .tryout import DockerTryout

        engine = Engine.of(self._options)
        running = capabilities(self._target, engine, self._options)
        owner = Owner(self._target.app, self._target.environment)
        return Capabilities(
            builder=DockerBuilder(engine, self._options),
            tryout=DockerTryout(engine, owner, self._target.root),
            registry=registry(self._target.app, engine, self._options),
            needs_command=False,
            **running,
        )

    @property
    def _options(self) -> Any:
        from .options import Options

        given = self._target.options
        return given if isinstance(given, Options) else Options.model_validate(given or {})

    def examine(self) -> Sequence[Ailment]:
        """See Provider.examine."""
        from .engine import Engine
        from .examine import examine

        return examine(Engine.of(self._options), self._options)
