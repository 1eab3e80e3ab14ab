"""Changes that nobody means: caches, git's own files, and what git ignores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.versioning.command import git

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOLDERS = frozenset(
    {
        *(".fullcycle", ".git", ".hg", ".svn", "__pycache__", "node_modules"),
        *(".venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"),
    }
)
"""Names of folders in which changes never count, whatever git says."""


def meant(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """The paths without those that are ignored. Without git, only FOLDERS are."""
    wanted = [path for path in paths if FOLDERS.isdisjoint(path.split("/"))]
    if not wanted:
        return frozenset()
    try:
        said = git(root, "check-ignore", "-z", "--stdin", check=False, stdin="\0".join(wanted))
    except FullcycleError:
        return frozenset(wanted)
    return frozenset(wanted) - set(said.fields)
