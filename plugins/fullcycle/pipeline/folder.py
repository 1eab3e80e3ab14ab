"""The project's `.fullcycle` folder, and files in it that are never half-written."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from fullcycle.errors import UsageError

NAME = ".fullcycle"


def state_folder(root: Path, *parts: str) -> Path:
    """The folder `root/.fullcycle/…`, made private and invisible to git when it is new.

    Raises:
        UsageError: it cannot be made or written to.
    """
    top = root / NAME
    folder = top.joinpath(*parts)
    try:
        top.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = top / ".gitignore"
        if not ignore.exists():
            write_atomically(ignore, "*\n")
    except OSError as error:
        raise unwritable(folder, error) from error
    return folder


def size(path: Path) -> int:
    """Bytes that a file takes, or a folder with all that is in it."""
    found = [path, *path.rglob("*")] if path.is_dir() else [path]
    total = 0
    for each in found:
        with suppress(OSError):
            total += each.lstat().st_size if not each.is_dir() else 0
    return total


def write_atomically(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file that is either the old one or the new one, whatever happens.

    Raises:
        OSError: the folder is read-only, the disk is full.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), mode)
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def unwritable(path: Path, error: OSError) -> UsageError:
    """The one line for a place that cannot be written to."""
    return UsageError(
        f"cannot write to {path}: {error.strerror or error}",
        hint="fullcycle keeps its records there: make it writable, or free some space",
    )
