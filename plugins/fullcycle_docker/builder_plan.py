"""Plan: everything a builder has to know to make one image."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fullcycle.errors import UsageError
from fullcycle.settings import expand

from .dockerfile import arguments
from .dockerfile_generated import generate
from .labels import APP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fullcycle.providers import Bench, Source

BASE = "BASE_IMAGE"
"""The build argument that names the base image."""
OCI = "org.opencontainers.image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One image to be made."""

    app: str
    context: Path
    """The folder that is copied from."""
    dockerfile: Path
    shown: str
    """What errors call the Dockerfile: its path in the project, or that it is generated."""
    target: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    """Names of environment variables."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """Files that are mounted like secrets where the builder has such a thing: who is trusted,
    where packages come from."""
    platforms: tuple[str, ...] = ()
    epoch: int = 0
    """SOURCE_DATE_EPOCH."""
    timeout: float | None = None


@contextmanager
def planned(source: Source, bench: Bench, *, buildkit: bool) -> Iterator[Plan]:
    """The plan of a source; what it generates is gone at the end.

    Args:
        source: what is built.
        bench: runs the build command of `kind = "command"`.
        buildkit: whether the builder can mount files.

    Raises:
        UsageError: the settings don't fit the project, or a secret is not set.
    """
    _check_secrets(source)
    own: Path = source.root / source.build.dockerfile
    if source.build.kind == "image" or (source.build.kind == "auto" and own.exists()):
        yield _own(source, own)
        return
    with tempfile.TemporaryDirectory(prefix="fullcycle-build-") as name:
        made = generate(source, Path(name), bench, buildkit=buildkit)
        yield Plan(
            app=source.app,
            context=made.context,
            dockerfile=made.dockerfile,
            shown="the generated Dockerfile",
            args=_arguments(source, made.dockerfile, {BASE: source.build.base}),
            files=made.files,
            **_common(source),
        )


def _own(source: Source, dockerfile: Path) -> Plan:
    if not dockerfile.is_file():
        raise UsageError(
            f"there is no {source.build.dockerfile} in {source.root}",
            hint='see `[build] dockerfile`, or set `kind = "auto"` to have one generated',
        )
    context: Path = source.root / source.build.context
    if not context.is_dir():
        raise UsageError(f"there is no folder {context}", hint="see `[build] context`")
    given = {BASE: source.build.base} if "base" in source.build.model_fields_set else {}
    return Plan(
        app=source.app,
        context=context,
        dockerfile=dockerfile,
        shown=source.build.dockerfile,
        target=source.build.target,
        args=_arguments(source, dockerfile, given),
        secrets=source.build.secrets,
        **_common(source),
    )


def _common(source: Source) -> dict[str, Any]:
    return {
        "labels": _labels(source),
        "platforms": source.build.platforms,
        "epoch": source.epoch,
        "timeout": source.build.timeout,
    }


def _arguments(source: Source, dockerfile: Path, given: Mapping[str, str]) -> dict[str, str]:
    """What the settings say, and what the Dockerfile declares of what fullcycle knows."""
    offered = {
        "SOURCE_DATE_EPOCH": str(source.epoch),
        "FULLCYCLE_VERSION": source.version,
        **given,
    }
    declared = arguments(dockerfile.read_text(encoding="utf-8", errors="replace"))
    known = {name: value for name, value in offered.items() if name in declared}
    return known | {name: _fill(source, text) for name, text in source.build.args.items()}


def _labels(source: Source) -> dict[str, str]:
    """Labels that follow from the source alone, so that the same source makes the same image."""
    own = {
        APP: source.app,
        f"{OCI}.title": source.app,
        f"{OCI}.version": source.version,
        f"{OCI}.revision": source.revision + ("-dirty" if source.dirty else ""),
        f"{OCI}.created": datetime.fromtimestamp(source.epoch, UTC).isoformat(),
    }
    given = {name: _fill(source, text) for name, text in source.build.labels.items()}
    return {name: text for name, text in (own | given).items() if text}


def _fill(source: Source, text: str) -> str:
    return expand(text, version=source.version, root=str(source.root))


def _check_secrets(source: Source) -> None:
    missing = [name for name in source.build.secrets if name not in os.environ]
    if missing:
        raise UsageError(
            f"the build needs {', '.join(missing)}, which no environment variable gives",
            hint="set it, or see `[build] secrets`",
        )
