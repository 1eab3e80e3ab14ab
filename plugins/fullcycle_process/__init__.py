"""The provider `process`: builds, keeps and runs applications on this machine.

It needs nothing but Python: replicas are processes under supervisord, behind a gateway on one
port. Importing it costs next to nothing; what a capability needs is imported when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fullcycle.providers import Ailment, Capabilities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.providers import Target

    from .home import Home

__all__ = ["ProcessProvider"]


class _LazyOptions:
    """Stands for the pydantic model until somebody asks for it."""

    def __get__(self, _instance: object, _owner: object) -> type[Any]:
        from .options import Options

        return Options


class ProcessProvider:
    """See fullcycle.providers.Provider."""

    name: ClassVar[str] = "process"
    Options: ClassVar[Any] = _LazyOptions()

    def __init__(self, target: Target) -> None:
        self._target = target

    def capabilities(self) -> Capabilities:
        """All but a rollout engine: fullcycle.rollout is one."""
        from .builder import ProcessBuilder
        from .gateway import Gateway
        from .gateway.programs import SupervisedPrograms
        from .history import FileHistory
        from .home import registry_folder
        from .lock import FileLock
        from .registry import FolderRegistry
        from .replicas import ProcessReplicas
        from .supervisor import Supervisor
        from .telemetry import ProcessTelemetry
        from .tryout import ProcessTryout

        app, environment, options = self._target.app, self._target.environment, self._options
        home = self._home
        supervisor = Supervisor(home)
        replicas = ProcessReplicas(app, environment, home, supervisor)
        gateway = Gateway(
            folder=home.root / "gateway",
            socket=home.socket("gateway.sock"),
            programs=SupervisedPrograms(home, supervisor),
            engine=options.gateway,
        )
        return Capabilities(
            builder=ProcessBuilder(),
            tryout=ProcessTryout(app, home, self._target.root),
            registry=FolderRegistry(registry_folder(app, options.registry, options.home)),
            replicas=replicas,
            router=gateway,
            history=FileHistory(home),
            lock=FileLock(home, environment),
            telemetry=ProcessTelemetry(home, replicas, gateway),
            maintenance=gateway,
        )

    def examine(self) -> Sequence[Ailment]:
        """See Provider.examine."""
        from .examine import examine

        return examine(self._home, self._options.gateway)

    @property
    def _options(self) -> Any:
        from .options import Options

        given = self._target.options
        return given if isinstance(given, Options) else Options.model_validate(given or {})

    @property
    def _home(self) -> Home:
        from .home import Home

        return Home.of(self._target.app, self._target.environment, self._options.home)
