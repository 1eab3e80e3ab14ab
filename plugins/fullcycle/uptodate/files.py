"""The files of a project as a step's inputs: which ones, and what is in them."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from fullcycle.errors import OutOfReachError, StepError
from fullcycle.pipeline.folder import NAME, write_atomically

from .patterns import Patterns
from .seal import checksum
from .worktree import Entries, Worktree, entry, git_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from .hashes import Hashes

NEVER = frozenset({".git", ".hg", ".svn"})
CACHES = NEVER | {
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".tox",
    ".venv",
    "__pycache__",
    "node_modules",
    "venv",
}
"""Folders that are left out where there is no git to say what doesn't belong to the project."""
MOST_LINKED = 100_000
"""Files in a folder that a link among the inputs leads to."""


class Listing:
    """The files that some patterns mean, and a digest of their names, modes and contents."""

    def __init__(self, digest: str, entries: Callable[[], Entries]) -> None:
        self.digest = digest
        self._make = entries

    @cached_property
    def entries(self) -> Entries:
        """Path → mode and content."""
        return self._make()


def serialized(entries: Entries) -> bytes:
    """Entries in their one form; the digest of a listing is its SHA-256."""
    text = "".join(f"{entries[path]}\t{path}\0" for path in sorted(entries))
    return os.fsencode(text)


def parsed(content: bytes) -> Entries:
    """The entries of a serialized listing."""
    records = (record.partition("\t") for record in os.fsdecode(content).split("\0")[:-1])
    return {path: told for told, _, path in records}


class Snapshot:
    """A project's files at one moment.

    Args:
        root: the project's folder.
        hashes: digests of files that git doesn't know.
        memory: where listings are remembered until the index changes.
    """

    def __init__(self, root: Path, hashes: Hashes, memory: Path) -> None:
        self.root = root
        self._hashes = hashes
        self._memory = memory
        self._tree = self._worktree()
        self._listings: dict[str, Any] = {}
        self._overlay: dict[str, str | None] = {}
        self._fresh = False
        if self._tree is not None:
            self._recall(self._tree)

    @property
    def tracked(self) -> bool:
        """Whether git knows the project."""
        return self._tree is not None

    def sealed(self) -> dict[str, str] | None:
        """How git's side can be recognized; empty without git, None when it is too involved."""
        tree = self._tree
        if tree is None:
            return {}
        if not tree.alone or not tree.checksum or checksum(str(tree.folder)) != tree.checksum:
            return None
        return {"folder": str(tree.folder), "index": tree.checksum, "status": tree.status}

    def listing(self, inputs: Sequence[str], without: Sequence[str] = ()) -> Listing:
        """The files that `inputs` mean and `without` doesn't.

        Files that git ignores count only when a pattern names them, or the ignored folder they
        are in. A link counts with what it leads to.

        Raises:
            StepError: a file cannot be read.
        """
        try:
            return self._listing(inputs, without)
        except OSError as error:
            raise StepError(f"cannot read {error.filename}: {error.strerror or error}") from error

    def save(self) -> None:
        """Remember what was found, unless the index has changed meanwhile."""
        tree = self._tree
        if tree is None or not self._fresh or not tree.checksum:
            return
        within = git_folder(self.root)
        if within is None or checksum(str(within[0])) != tree.checksum:
            return
        memory = {
            "index": tree.checksum,
            "algorithm": tree.algorithm,
            "flagged": tree.flagged,
            "modules": tree.modules,
            "overlay": self._differs,
            "listings": self._listings,
        }
        with suppress(OSError):
            write_atomically(self._memory, json.dumps(memory))
        self._fresh = False

    def _listing(self, inputs: Sequence[str], without: Sequence[str]) -> Listing:
        key = json.dumps([inputs, without])
        known = self._listings.get(key)
        wanted, unwanted = Patterns(inputs), Patterns(without)

        def base() -> Entries:
            return {
                path: told
                for path, told in self._all.items()
                if wanted.matches(path) and not unwanted.matches(path)
            }

        if known is None:
            found = base()
            known = self._listings[key] = {
                "digest": sha256(serialized(found)).hexdigest(),
                "links": [path for path, told in found.items() if told.startswith("120000")],
                "aside": [root for root in wanted.roots if root and self._unlisted(root)],
            }
            self._fresh = True
        more = {
            path: told
            for path, told in self._more(known).items()
            if not unwanted.matches(path) and (wanted.matches(path) or " -> " in path)
        }
        if not more:
            return Listing(known["digest"], base)
        digest = sha256(known["digest"].encode() + serialized(more)).hexdigest()
        return Listing(digest, lambda: {**base(), **more})

    def _more(self, known: dict[str, Any]) -> Entries:
        """What is behind links, and in folders that git ignores but a pattern names."""
        found: Entries = {}
        for root in known["aside"]:
            found |= self._walked(root, NEVER)
        links = [path for path, told in found.items() if told.startswith("120000")]
        for link in {*known["links"], *links}:
            found |= self._behind(link)
        return found

    def _unlisted(self, root: str) -> bool:
        below = f"{root}/"
        return not any(path == root or path.startswith(below) for path in self._all)

    def _behind(self, link: str) -> Entries:
        """What a link leads to, as `link -> file`."""
        place = os.path.realpath(self.root / link)
        found = self._hashes.look(place)
        if found is None:
            return {f"{link} -> ": "nothing"}
        if not stat.S_ISDIR(found.st_mode):
            told = entry(place, found, self._hashes, self._algorithm)
            return {f"{link} -> ": told or ""}
        inside: Entries = {}
        for path, told in self._files(place, "", NEVER):
            inside[f"{link} -> {path}"] = told
            if len(inside) > MOST_LINKED:
                raise StepError(
                    f"the input {link} leads to a folder of more than {MOST_LINKED} files",
                    hint="leave it out of `inputs`, with ! before it",
                )
        return inside

    def _walked(self, root: str, without: frozenset[str]) -> Entries:
        place = os.path.join(self.root, root)  # noqa: PTH118 (as it is written)
        found = self._hashes.look(place)
        if found is None:
            return {}
        if stat.S_ISDIR(found.st_mode):
            return dict(self._files(place, f"{root}/" if root else "", without))
        told = entry(place, found, self._hashes, self._algorithm)
        return {root: told} if told else {}

    def _files(
        self, folder: str, prefix: str, without: frozenset[str]
    ) -> Iterator[tuple[str, str]]:
        self._hashes.look(folder)
        with os.scandir(folder) as listed:
            inside = sorted(listed, key=lambda each: each.name)
        for each in inside:
            path = prefix + each.name
            if each.name in without or path == NAME:
                continue
            if each.is_dir(follow_symlinks=False):
                yield from self._files(each.path, f"{path}/", without)
                continue
            found = each.stat(follow_symlinks=False)
            self._hashes.note(each.path, found)
            told = entry(each.path, found, self._hashes, self._algorithm)
            if told is not None:
                yield path, told

    @cached_property
    def _all(self) -> Entries:
        """All the files of the project."""
        return self._walked("", CACHES) if self._tree is None else self._tree.entries(self._overlay)

    @property
    def _algorithm(self) -> str:
        return self._tree.algorithm if self._tree is not None else "sha256"

    def _worktree(self) -> Worktree | None:
        """None where git knows nothing of the project: no repository, or one that ignores it."""
        within = git_folder(self.root)
        if within is None:
            return None
        try:
            tree = Worktree(self.root, self._hashes, *within)
            if within[1]:
                tree.read_index()
                return tree if tree.entries(tree.overlay()) else None
        except OutOfReachError:
            return None
        return tree

    def _recall(self, tree: Worktree) -> None:
        memory = _read(self._memory)
        same = bool(tree.checksum) and memory.get("index") == tree.checksum
        if same:
            tree.flagged, tree.modules = memory["flagged"], memory["modules"]
            tree.algorithm = memory["algorithm"]
        elif not tree.algorithm:
            tree.read_index()
        self._overlay = tree.overlay()
        if same and memory.get("overlay") == self._differs:
            self._listings = memory["listings"]

    @property
    def _differs(self) -> str:
        return sha256(json.dumps(self._overlay, sort_keys=True).encode()).hexdigest()


def _read(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
