"""What the provider misses on a machine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fullcycle.errors import FullcycleError
from fullcycle.providers import Ailment

from .engine import require_sdk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .engine import Engine
    from .options import Options

LOW_BYTES = 2_000_000_000
"""Free space below which a build or a pull is likely to fail."""


def examine(engine: Engine, options: Options) -> Sequence[Ailment]:
    """What is missing, and how to get it; changes nothing."""
    return [*_reach(engine), *_builder(options.builder)]


def _reach(engine: Engine) -> Iterator[Ailment]:
    try:
        require_sdk()
        root = Path(engine.info["DockerRootDir"])
    except FullcycleError as error:
        yield Ailment(problem=error.message, remedy=error.hint)
    else:
        yield from _disk(engine, root)


def _disk(engine: Engine, root: Path) -> Iterator[Ailment]:
    from .reach import here

    if not here(engine) or not root.exists():
        return
    free = shutil.disk_usage(root).free
    if free < LOW_BYTES:
        yield Ailment(
            problem=f"only {free / 1e9:.1f} GB are free for the Docker Engine, at {root}",
            remedy="see `docker system df`, and free space",
            fatal=False,
        )


def _builder(wanted: Literal["auto", "buildkit", "classic"]) -> Iterator[Ailment]:
    from .builder_clients import choose

    try:
        choice = choose(wanted)
    except FullcycleError as error:
        yield Ailment(problem=error.message, remedy=error.hint)
        return
    if choice.client is None and wanted == "auto":
        yield Ailment(
            problem=f"images are built without BuildKit: {choice.reason}",
            remedy="install docker-buildx: builds are quicker, and can have secrets",
            fatal=False,
        )
