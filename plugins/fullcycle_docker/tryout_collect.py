"""Collecting: files that a command made in a container, brought to the project's folder."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from fullcycle.uptodate.patterns import Patterns

from .faults import translated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fullcycle.providers import Bench

    from .engine import Engine


def collect(
    engine: Engine, container: str, patterns: Sequence[str], root: Path, bench: Bench
) -> None:
    """Copy what the patterns name to the same places below `root`, and nowhere else.

    Args:
        engine: where the container is.
        container: its id; it may have ended.
        patterns: relative to its working folder.
        root: the project's folder.
        bench: is told of files that lead elsewhere, which are left out.
    """
    if not patterns:
        return
    with translated("looking for the working folder"):
        config = engine.api.inspect_container(container)["Config"]
    home = PurePosixPath(config["WorkingDir"] or "/")
    wanted = Patterns(patterns)
    for base in map(PurePosixPath, wanted.roots):
        with tempfile.TemporaryFile() as archive:
            if _fetch(engine, container, home / base, archive):
                _unpack(archive, base, wanted, root, bench)


def _fetch(engine: Engine, container: str, path: PurePosixPath, archive: IO[bytes]) -> bool:
    """Copy a path as a tar archive; False when there is none."""
    from docker.errors import NotFound

    with translated(f"copying {path} out of a container"):
        try:
            chunks, _ = engine.api.get_archive(container, str(path))
        except NotFound:
            return False
        archive.writelines(chunks)
    archive.seek(0)
    return True


def _unpack(
    archive: IO[bytes], base: PurePosixPath, wanted: Patterns, root: Path, bench: Bench
) -> None:
    with tarfile.open(fileobj=archive) as tar:
        for entry in tar:
            name = str(base.joinpath(*PurePosixPath(entry.name).parts[1:]))
            if not entry.isfile() or not wanted.matches(name):
                continue
            content = tar.extractfile(entry)
            place = _place(root, name)
            if place is None:
                bench.log(f"{name} is not collected: it leads out of the project")
            elif content is not None:
                with place.open("wb") as file:
                    shutil.copyfileobj(content, file)


def _place(root: Path, name: str) -> Path | None:
    """Where a file goes; None when that is not below the project's folder."""
    place = root / name
    top = root.resolve()
    if ".." in PurePosixPath(name).parts or not place.resolve().is_relative_to(top):
        return None
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink():
        place.unlink()
    return place
