"""The provider `aws`: images in ECR, services of ECS on Fargate behind a load balancer.

Importing it costs next to nothing; what a capability needs is imported when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fullcycle.providers import Ailment, Capabilities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.providers import Target

__all__ = ["AwsProvider"]


class _LazyOptions:
    """Stands for the pydantic model until somebody asks for it."""

    def __get__(self, _instance: object, _owner: object) -> type[Any]:
        from .options import Options

        return Options


class AwsProvider:
    """See fullcycle.providers.Provider."""

    name: ClassVar[str] = "aws"
    Options: ClassVar[Any] = _LazyOptions()

    def __init__(self, target: Target) -> None:
        self._target = target

    def capabilities(self) -> Capabilities:
        """What of the platform is built.

        Raises:
            OutOfReachError: AWS' SDK is not installed.
        """
        from .clients import Clients, require_sdk

        require_sdk()
        from .borrowed import Borrowed
        from .ecs.platform import Ecs
        from .ecs.runtime import EcsRuntime
        from .history import S3History
        from .infrastructure import AwsInfrastructure
        from .lock import S3Lock
        from .maintenance import AwsMaintenance
        from .names import Names
        from .registry import EcrRegistry
        from .scaler import AwsScaler
        from .store import Store
        from .telemetry import AwsTelemetry

        options, target = self._options, self._target
        clients, names = Clients(options), Names(target.app, target.environment)
        store = Store(clients, names, options.bucket)
        docker, history = Borrowed(target), S3History(store)
        runtime = EcsRuntime(Ecs(clients, names, options), history)
        return Capabilities(
            builder=docker,
            tryout=docker,
            registry=EcrRegistry(clients, names, options, docker),
            infrastructure=AwsInfrastructure(clients, names, options),
            lock=S3Lock(store, target.environment),
            runtime=runtime,
            history=history,
            telemetry=AwsTelemetry(clients, names, options, runtime.status),
            maintenance=AwsMaintenance(clients, names),
            scaler=AwsScaler(clients, names),
            needs_command=False,
        )

    @property
    def _options(self) -> Any:
        from .options import Options

        given = self._target.options
        return given if isinstance(given, Options) else Options.model_validate(given or {})

    def examine(self) -> Sequence[Ailment]:
        """See Provider.examine."""
        from .clients import Clients
        from .examine import examine

        return examine(Clients(self._options), self._target, self._options)
