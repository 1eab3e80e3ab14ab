"""DockerBuilder: images, from a Dockerfile or, for a plain project, from a generated one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fullcycle.errors import UsageError
from fullcycle.model import Artifact

from . import images
from .builder_buildkit import by_buildkit
from .builder_classic import by_classic
from .builder_clients import choose
from .builder_plan import planned

if TYPE_CHECKING:
    from fullcycle.providers import Bench, Source

    from .builder_clients import Choice
    from .builder_plan import Plan
    from .engine import Engine
    from .options import Options


class DockerBuilder:
    """Has the Engine build, and leaves the image there."""

    def __init__(self, engine: Engine, options: Options) -> None:
        self._engine = engine
        self._wanted = options.builder

    def build(self, source: Source, bench: Bench) -> Artifact:
        """See Builder.build."""
        choice = choose(self._wanted)
        with planned(source, bench, buildkit=choice.client is not None) as plan:
            self._check(plan, choice)
            name = "BuildKit" if choice.client else "the classic builder"
            bench.log(f"building {plan.shown} with {name} ({choice.reason})")
            if choice.client:
                digest = by_buildkit(plan, choice.client, self._engine, bench)
            else:
                digest = by_classic(plan, choice.reason, self._engine, bench)
        image = images.require(self._engine, digest)
        images.keep(self._engine, source.app, image)
        return _artifact(source, image)

    def _check(self, plan: Plan, choice: Choice) -> None:
        """See that what builds can do what the settings ask for."""
        if plan.secrets and choice.client is None:
            raise UsageError(
                "build secrets need BuildKit: the classic builder would leave them in a layer",
                hint=choice.reason,
            )
        if len(plan.platforms) > 1 and not (
            choice.client and choice.client.buildx and _holds_platforms(self._engine)
        ):
            raise UsageError(
                "an image for several platforms needs docker-buildx, and an Engine that uses the"
                " image store of containerd",
                hint="name one platform in `[build] platforms`, or prepare the Engine",
            )


def _holds_platforms(engine: Engine) -> bool:
    """Whether the Engine can hold one image for several platforms."""
    return "io.containerd.snapshotter" in str(engine.info.get("DriverStatus", ""))


def _artifact(source: Source, image: dict[str, Any]) -> Artifact:
    return Artifact(
        app=source.app,
        digest=image["Id"],
        kind="image",
        provider="docker",
        version=source.version,
        revision=source.revision,
        dirty=source.dirty,
        size=image["Size"],
        created=datetime.now(UTC),
        labels=dict(image["Config"].get("Labels") or {}),
    )
