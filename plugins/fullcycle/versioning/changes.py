"""Changes: the files that differ from an earlier commit, the uncommitted ones included."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from .git import Repository


class Base(NamedTuple):
    """A commit to compare with."""

    commit: str
    words: str
    """What it is: `v1.2.0`, `origin/main`."""


class Changes:
    """What changed in a work tree. Git is asked once for each question.

    Args:
        repository: where.
        tag_prefix: before the version in a release's tag.
        target: the branch that work is merged into; `origin`'s default branch without.
    """

    def __init__(self, repository: Repository, *, tag_prefix: str, target: str) -> None:
        self._repository = repository
        self._tag_prefix = tag_prefix
        self._target = target
        self.since: Callable[[str], frozenset[str]] = cache(self._since)
        """The files that differ from a commit, or are new; relative to the project's folder."""

    def base(self, kind: str) -> Base | None:
        """What to compare with; None when there is no such commit (in this clone).

        Args:
            kind: `release`: the last final version; `target`: where this work left the target
                branch, and on that branch itself the last release.
        """
        return self._release if kind == "release" else self._parting

    @cached_property
    def _release(self) -> Base | None:
        releases = self._repository.releases(self._tag_prefix)
        return Base(releases[0].sha, releases[0].name) if releases else None

    @cached_property
    def _parting(self) -> Base | None:
        target = self._repository.target(self._target)
        if target is None:
            return self._release
        commit = self._repository.merge_base(target, "HEAD")
        if commit == self._repository.head():
            return self._release
        name = target.removeprefix("refs/remotes/").removeprefix("refs/heads/")
        return Base(commit, name) if commit else None

    def _since(self, commit: str) -> frozenset[str]:
        git = self._repository.git
        changed = git("diff", "--name-only", "--no-renames", "--relative", "-z", commit, "--")
        new = git("ls-files", "--others", "--exclude-standard", "-z")
        return frozenset([*changed.fields, *new.fields])
