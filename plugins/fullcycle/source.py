"""Source: the project's files as a build may see them."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from fullcycle.errors import StepError

if TYPE_CHECKING:
    from pathlib import Path


def export(root: Path, folder: Path) -> Path:
    """Copy what git knows of a project, and what it doesn't ignore, into an empty folder.

    So a build sees neither what earlier builds left, nor caches, nor a virtual environment, and
    it can write where it likes. The copy points to the project's git folder, because build
    backends ask git which files belong to a package.

    Returns:
        the project's folder in the copy, which may be below its top.

    Raises:
        StepError: the project is not in a git repository.
    """
    prefix = _git(root, "rev-parse", "--show-prefix").strip()
    home = _git(root, "rev-parse", "--absolute-git-dir").strip()
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    project = folder / prefix
    for name in sorted(set(filter(None, listed.split("\0")))):
        _copy(root / name, project / name)
    project.mkdir(parents=True, exist_ok=True)
    (folder / ".git").write_text(f"gitdir: {home}\n", encoding="utf-8", errors="surrogateescape")
    return project


def _copy(source: Path, target: Path) -> None:
    if not os.path.lexists(source):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *arguments],  # noqa: S607 (git is found where the user has it)
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
    )
    if done.returncode:
        raise StepError(
            f"git {arguments[0]} failed in {root}: {done.stderr.decode(errors='replace').strip()}",
            hint="a build starts from a git repository",
        )
    return os.fsdecode(done.stdout)
