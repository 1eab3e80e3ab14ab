"""The files below a folder as git's index has them, with what differs from it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from fullcycle.pipeline.folder import NAME
from fullcycle.versioning.command import git

from .seal import checksum, digest, status

if TYPE_CHECKING:
    from pathlib import Path

    from .hashes import Hashes

SHA1_DIGITS = 40
Entries = dict[str, str]
"""Path → mode and content of a file, as `100644 <digest>`."""


def git_folder(root: Path) -> tuple[Path, str] | None:
    """Git's own folder of the work tree a folder is in, and the way there from its top."""
    for top in (root, *root.parents):
        found = top / ".git"
        if found.is_dir():
            return found, _prefix(root, top)
        if found.is_file():
            leads = found.read_text(encoding="utf-8", errors="surrogateescape")
            return top / leads.removeprefix("gitdir:").strip(), _prefix(root, top)
    return None


class Worktree:
    """The index and what differs from it, at one moment.

    Raises:
        FullcycleError: git is missing, or refuses to work here.
    """

    def __init__(self, root: Path, hashes: Hashes, folder: Path, prefix: str) -> None:
        self.root = root
        self._hashes = hashes
        self._prefix = prefix
        self.folder = folder
        self.checksum = checksum(str(folder))
        self._dirty, self._untracked, self._nested = self._status()
        self.flagged: list[str] = []
        """Files that git was told not to look at."""
        self.modules: list[str] = []
        """Submodules."""
        self.algorithm = ""
        self._index: Entries | None = None

    @property
    def alone(self) -> bool:
        """Whether there is no other repository within this one."""
        return not (self.modules or self._nested)

    def read_index(self) -> None:
        """Read the index itself; without this, only what differs from it is known."""
        listed = git(self.root, "ls-files", "-s", "-v", "-z").text
        self._index = entries = {}
        for record in listed.split("\0")[:-1]:
            told, _, path = record.partition("\t")
            tag, mode, name, _ = told.split(" ")
            entries[path] = f"{mode} {name}"
            if tag != "H" and (tag.islower() or tag == "S"):
                self.flagged.append(path)
            if mode == "160000":
                self.modules.append(path)
        first = next(iter(entries.values()), "")
        digits = len(first.partition(" ")[2]) or SHA1_DIGITS
        self.algorithm = "sha1" if digits == SHA1_DIGITS else "sha256"

    def overlay(self) -> dict[str, str | None]:
        """What differs from the index: how each of these files is, None for gone."""
        found: dict[str, str | None] = {}
        for path in {*self._dirty, *self._untracked, *self.flagged}:
            found[path] = self._on_disk(path)
        for path in {*self.modules, *self._nested}:
            inner = _whole(self.root / path, self._hashes)
            if inner is not None:
                found[path] = None
                found |= {f"{path}/{name}": entry for name, entry in inner.items()}
        return found

    def entries(self, overlay: dict[str, str | None]) -> Entries:
        """All files as they are."""
        if self._index is None:
            self.read_index()
        merged = {**(self._index or {}), **overlay}
        return {path: entry for path, entry in merged.items() if entry is not None}

    def _status(self) -> tuple[list[str], list[str], list[str]]:
        """Changed, untracked, and repositories within this one that it doesn't know."""
        said = status(self.root)
        self.status = digest(said)
        dirty: list[str] = []
        untracked: list[str] = []
        nested: list[str] = []
        for record in filter(None, said.split("\0")):
            kind = record[0]
            path = record.split(" ", _FIELDS.get(kind, 1))[-1]
            if not path.startswith(self._prefix):
                continue
            path = path.removeprefix(self._prefix)
            if path.startswith(f"{NAME}/"):
                continue
            if kind == "?":
                (nested if path.endswith("/") else untracked).append(path.rstrip("/"))
            elif kind == "u" or record[3] != ".":
                dirty.append(path)
        return dirty, untracked, nested

    def _on_disk(self, path: str) -> str | None:
        place = os.path.join(self.root, path)  # noqa: PTH118 (thousands of them)
        found = self._hashes.look(place)
        return None if found is None else entry(place, found, self._hashes, self.algorithm)


_FIELDS = {"1": 8, "u": 10, "?": 1}
"""How many spaces are before the path in a line of `git status --porcelain=v2`."""


def entry(place: str, found: os.stat_result, hashes: Hashes, algorithm: str) -> str | None:
    """Mode and content of a file; None for a folder."""
    if stat.S_ISLNK(found.st_mode):
        return f"120000 {hashes.git(place, found, algorithm)}"
    if stat.S_ISREG(found.st_mode):
        mode = "100755" if found.st_mode & stat.S_IXUSR else "100644"
        return f"{mode} {hashes.git(place, found, algorithm)}"
    return None if stat.S_ISDIR(found.st_mode) else f"{found.st_mode:o} -"


def _whole(root: Path, hashes: Hashes) -> Entries | None:
    """All files of a repository within this one; None when there is none."""
    if not (root / ".git").exists():
        return None
    within = git_folder(root)
    if within is None:
        return None
    tree = Worktree(root, hashes, *within)
    tree.read_index()
    return tree.entries(tree.overlay())


def _prefix(root: Path, top: Path) -> str:
    relative = root.relative_to(top).as_posix()
    return "" if relative == "." else f"{relative}/"
