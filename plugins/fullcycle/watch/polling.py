"""Changes as git sees them, asked for again and again: where the system's events can't be had."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fullcycle.versioning.command import git

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator
    from pathlib import Path

INTERVAL = 1.0
"""Seconds between two looks."""


class View(NamedTuple):
    """What differs from the commit that is checked out."""

    commit: str
    files: dict[str, tuple[int, int]]
    """Path → time of the last change in nanoseconds, and size; zeros when it is gone."""


def changes(root: Path, stop: threading.Event) -> Iterator[frozenset[str]]:
    """Sets of changed paths, relative to the folder; empty ones when nothing changed for a while.

    Raises:
        UsageError: the folder is in no git repository.
        OutOfReachError: git is not installed.
    """
    before = look(root)
    yield frozenset()
    while not stop.wait(INTERVAL):
        now = look(root)
        yield difference(root, before, now)
        before = now


def look(root: Path) -> View:
    """How it is now."""
    head = git(root, "rev-parse", "--verify", "--quiet", "HEAD", check=False).line
    changed = git(root, "diff", "--name-only", "--relative", "-z", head).fields if head else []
    new = git(root, "ls-files", "--others", "--exclude-standard", "-z").fields
    return View(head, {path: _stamp(root / path) for path in [*changed, *new]})


def difference(root: Path, before: View, now: View) -> frozenset[str]:
    """The paths that changed from one view to the next."""
    every = before.files.keys() | now.files.keys()
    found = {path for path in every if before.files.get(path) != now.files.get(path)}
    if before.commit != now.commit and before.commit and now.commit:
        between = ("diff", "--name-only", "--no-renames", "--relative", "-z")
        committed = git(root, *between, before.commit, now.commit, check=False).fields
        same = {path for path in before.files if before.files[path] == _stamp(root / path)}
        found = (found | set(committed)) - same
    return frozenset(found)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.lstat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
