"""Facts: what steps read of git and of the hand-over folder, beside files."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import TYPE_CHECKING

from fullcycle.pipeline.folder import NAME
from fullcycle.versioning.command import git

from .seal import digest, references

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEAD = "HEAD"
BRANCH = "branch"
TAGS = "tags"
"""All tags, and what they mark."""
ORIGIN = "branches of origin"
"""Where the default and the main branches of `origin` stand."""
ARTIFACT = "artifact"
"""The digest of the artifact that was handed over."""
LOCAL = "branch "
"""With a name behind it: where that branch of this clone and of `origin` stands."""

_MAIN = ("refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master")


class Facts:
    """The facts as they are now; git is asked once."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self._root = root
        self._environ = environ
        self._references: dict[str, str] | None = None
        self.seen = ""
        """A digest of all branches and tags, if they were asked for."""
        self.detached = False
        """Whether HEAD is on no branch, as far as was asked."""

    def value(self, name: str) -> str:
        """A fact, as text.

        Raises:
            FullcycleError: git cannot be asked.
        """
        if name == ARTIFACT:
            return artifact_digest(self._root)
        if name == HEAD:
            return self._git["HEAD"]
        if name == BRANCH:
            return self._branch()
        if name == TAGS:
            return self._digest("refs/tags/")
        if name == ORIGIN:
            return " ".join(self._git.get(each, "-") for each in _MAIN)
        wanted = name.removeprefix(LOCAL).removeprefix("origin/")
        places = (f"refs/remotes/origin/{wanted}", f"refs/heads/{name.removeprefix(LOCAL)}")
        return " ".join(self._git.get(each, "-") for each in places)

    def _branch(self) -> str:
        from fullcycle.versioning.branch import announced

        return self._git["branch"] or announced(self._environ) or ""

    def _digest(self, prefix: str) -> str:
        chosen = {name: at for name, at in self._git.items() if name.startswith(prefix)}
        return sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def _git(self) -> dict[str, str]:
        if self._references is None:
            listed = references(self._root)
            self.seen = digest(listed)
            rows = [line.split("\0") for line in listed.splitlines()]
            self._references = {name: f"{at} {leads}".strip() for at, name, leads, _ in rows}
            here = next(((at, name) for at, name, _, mark in rows if mark == "*"), None)
            if here is None:
                self.detached = True
            at, name = here or (_commit(self._root), "")
            self._references |= {"HEAD": at, "branch": name.removeprefix("refs/heads/")}
        return self._references


def artifact_digest(root: Path) -> str:
    """The digest of the artifact in the hand-over folder; empty when there is none."""
    told = artifact(root)
    return str(told.get("digest", ""))


def artifact(root: Path) -> dict[str, object]:
    """What the hand-over folder says of the artifact."""
    try:
        read = json.loads((root / NAME / "handoff" / "artifact.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _commit(root: Path) -> str:
    found = git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", check=False)
    return os.fsdecode(found.line)
