"""Wheels: a Python project and all it depends on, as files."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
import zipfile
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from packaging.utils import parse_wheel_filename
from platformdirs import user_cache_path

from fullcycle.errors import StepError

from .content import file_digest
from .home import private
from .pip import pip as pip_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from fullcycle.providers import Bench

FRESH_SECONDS = 24 * 3600.0
"""How long the wheels found for unlocked requirements are used again: a day's builds agree with
each other, and tomorrow's sees new releases. Locked requirements don't age."""
KEEP = 5
"""Sets of dependencies kept in the cache."""


@dataclass(frozen=True, slots=True)
class Pip:
    """pip, as a build calls it: configured by the user's environment and files only."""

    bench: Bench
    env: Mapping[str, str]
    timeout: float
    """Seconds for one call."""

    def wheel(self, folder: Path, output: Path, *what: str) -> None:
        """Build or download wheels; raises StepError with pip's last words."""
        command = [*pip_command(), "wheel", "--wheel-dir", str(output), *what]
        self.bench.run(command, cwd=folder, env=self.env, timeout=self.timeout)


def build_project(project: Path, wheels: Path, pip: Pip) -> Path:
    """Build the project's own wheel.

    Raises:
        StepError: there is nothing pip could build, or pip failed.
    """
    if not any((project / name).exists() for name in ("pyproject.toml", "setup.py")):
        raise StepError(
            "there is no Python project: neither pyproject.toml nor setup.py",
            hint='add one, or set `[build] kind = "command"` with `run` and `output`',
        )
    pip.wheel(project, wheels, "--no-deps", ".")
    return next(wheels.glob("*.whl"))


def add_dependencies(wheel: Path, requirements: Path | None, pip: Pip) -> None:
    """Put the wheels of all dependencies beside the project's own.

    Args:
        wheel: the project's.
        requirements: a locked requirements file; what the wheel asks for without one.
        pip: of the build.
    """
    needs = requirements.read_text("utf-8") if requirements else "\n".join(_required(wheel))
    if not needs.strip():
        return
    cache = private(user_cache_path("fullcycle") / "wheels") / _key(needs)
    if _fresh(cache, locked=requirements is not None):
        pip.bench.log(f"dependencies have not changed: wheels from {cache}")
    else:
        _download(needs, cache, pip)
    for file in cache.glob("*.whl"):
        if not (wheel.parent / file.name).exists():
            _link(file, wheel.parent / file.name)


def lock(wheels: Path, file: Path) -> None:
    """Write down exactly what is there: name, version and hash of every wheel."""
    lines = []
    for wheel in sorted(wheels.glob("*.whl")):
        name, version, _, _ = parse_wheel_filename(wheel.name)
        lines.append(f"{name}=={version} --hash=sha256:{file_digest(wheel)}\n")
    file.write_text("".join(lines), encoding="utf-8")


def _download(needs: str, cache: Path, pip: Pip) -> None:
    draft = cache.with_name(f".{cache.name}-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    file = draft / "requirements.txt"
    file.write_text(needs, encoding="utf-8")
    try:
        pip.wheel(draft, draft, "-r", str(file))
        shutil.rmtree(cache, ignore_errors=True)
        draft.rename(cache)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    kept = sorted(cache.parent.glob("[!.]*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in kept[KEEP:]:
        shutil.rmtree(old, ignore_errors=True)


def _fresh(cache: Path, *, locked: bool) -> bool:
    if not cache.is_dir():
        return False
    return locked or time.time() - cache.stat().st_mtime < FRESH_SECONDS


def _key(needs: str) -> str:
    """What the wheels depend on: the requirements, the interpreter, and what pip is told."""
    told = sorted(f"{name}={value}" for name, value in os.environ.items() if name[:4] == "PIP_")
    parts = (needs, sys.version, sys.platform, os.uname().machine, *told)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _required(wheel: Path) -> Iterator[str]:
    """The dependencies a wheel names, as it names them."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(name).decode())
    yield from sorted(metadata.get_all("Requires-Dist") or ())


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
