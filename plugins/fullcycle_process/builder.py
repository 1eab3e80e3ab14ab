"""ProcessBuilder: a Python project with all it depends on, or what a command leaves."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fullcycle.errors import StepError, UsageError
from fullcycle.model import Artifact
from fullcycle.source import export

from .bundle import LOCKED, WHEELS
from .content import pack
from .wheels import Pip, add_dependencies, build_project, lock

if TYPE_CHECKING:
    from fullcycle.providers import Bench, Source


class ProcessBuilder:
    """Builds content that replicas of this provider run."""

    def build(self, source: Source, bench: Bench) -> Artifact:
        """See Builder.build."""
        python = _kind(source) == "python"
        with tempfile.TemporaryDirectory(prefix="fullcycle-build-") as name:
            tree = _python(source, Path(name), bench) if python else _command(source, bench)
            content = pack(tree, source.output)
        return Artifact(
            app=source.app,
            digest=content.digest,
            kind="python" if python else "files",
            provider="process",
            version=source.version,
            revision=source.revision,
            dirty=source.dirty,
            size=content.size,
            created=datetime.now(UTC),
            path=content.path.name,
        )


def _kind(source: Source) -> str:
    kind: str = source.build.kind
    if kind == "image":
        raise UsageError(
            'the process provider runs no images, but `[build] kind` is "image"',
            hint='use an environment with provider = "docker", or set kind = "python"',
        )
    return "python" if kind == "auto" else kind


def _python(source: Source, folder: Path, bench: Bench) -> Path:
    """Wheels, and a lock file that says exactly which."""
    pip = Pip(bench, _environment(source), source.build.timeout)
    tree, checkout = folder / "tree", folder / "source"
    (tree / WHEELS).mkdir(parents=True)
    checkout.mkdir()
    wheel = build_project(export(source.root, checkout), tree / WHEELS, pip)
    add_dependencies(wheel, _requirements(source), pip)
    lock(tree / WHEELS, tree / LOCKED)
    return tree


def _command(source: Source, bench: Bench) -> Path:
    """Runs in the project's own folder, where its tools keep what makes them fast."""
    output: Path = source.root / source.build.output
    command = ["/bin/sh", "-c", source.build.run]
    bench.run(command, cwd=source.root, env=_environment(source), timeout=source.build.timeout)
    if not output.exists():
        raise StepError(
            f"the build command succeeded, but {source.build.output} is missing",
            hint=f"see that `{source.build.run}` makes it, or correct `[build] output`",
        )
    return output


def _requirements(source: Source) -> Path | None:
    if not source.build.requirements:
        return None
    file: Path = source.root / source.build.requirements
    if not file.is_file():
        raise StepError(
            f"{source.build.requirements} is missing", hint="see `[build] requirements`"
        )
    return file


def _environment(source: Source) -> dict[str, str]:
    """What makes a build the same every time, and gives it its version."""
    given = {k: v.replace("{version}", source.version) for k, v in source.build.env.items()}
    return {
        "SOURCE_DATE_EPOCH": str(source.epoch),
        "FULLCYCLE_VERSION": source.version,
        "SETUPTOOLS_SCM_PRETEND_VERSION": source.version,
        "GIT_OPTIONAL_LOCKS": "0",
        "PYTHONHASHSEED": "0",
        **given,
    }
