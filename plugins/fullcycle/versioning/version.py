"""The version a commit gets: decided by the commits since the last release, and nothing else.

The same source has the same version on every machine and at every moment.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from fullcycle.errors import UsageError

from . import branch
from .commits import standing
from .git import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fullcycle.model import Commit
    from fullcycle.settings.schema import Release

    from .git import Repository, Tag

BUMPS = {"feat": "minor", "fix": "patch", "perf": "patch", "revert": "patch", "": "patch"}
"""What a type makes of the version: Conventional Commits' `feat` and `fix`, Angular's `perf` and
`revert`; a message without a type may be anything, so it counts as a fix. All others change
nothing a user sees."""
_RANKS = ("none", "patch", "minor", "major")


@dataclass(frozen=True, slots=True, kw_only=True)
class Versioning:
    """What was decided, and from what."""

    revision: str
    branch: str | None
    dirty: bool
    current: str | None
    """The version of the last release; None before the first."""
    next: str
    """The version to build and release this commit as."""
    bump: str
    """`major`, `minor`, `patch`, `none`, or `initial`."""
    final: bool
    """Whether it is a real version, to be marked by a tag; a development version otherwise."""
    tag: str | None
    """The name of that tag; it may exist already."""
    commits: tuple[Commit, ...] = ()
    """What `next` brings, newest first, without merges and what was reverted."""

    @property
    def released(self) -> bool:
        """Whether this very commit is a release already."""
        return self.current == self.next


def make_versioning(
    repository: Repository, settings: Release, environ: Mapping[str, str] = os.environ
) -> Versioning:
    """The version of the commit that is checked out.

    - at a release's tag, nothing uncommitted: that release's own version;
    - on a release branch, nothing uncommitted, something to release: the next version;
    - something to release elsewhere: a development version before it, `1.3.0.dev4+gabc1234`;
    - nothing to release: a local version after the last, `1.2.0+3.gabc1234`.

    A development version ends in `.dirty` and seven digits of what is uncommitted, so that no two
    different work trees ever have the same version (PEP 440 allows it after the plus sign).

    Raises:
        UsageError: no repository or no commits; a shallow clone that lacks what is needed; the
            next version is taken by a commit that isn't part of this branch.
    """
    revision = repository.head()
    dirty = repository.is_dirty()
    on = branch.current(repository, environ)
    tags = repository.tags(settings.tag_prefix)
    here = next((tag for tag in tags if tag.sha == revision), None)
    if here and not dirty:
        return _released(repository, here, tags, on)
    last = _final(tags)
    commits = _since(repository, last)
    bump = _bump(commits, last, major_on_zero=settings.major_on_zero)
    coming = _next(last, bump, settings.initial)
    final = not dirty and bump != "none" and _is_release_branch(on, settings.branches)
    tag = settings.tag_prefix + coming if final else None
    _require_free(repository, tag)
    return Versioning(
        revision=revision,
        branch=on,
        dirty=dirty,
        current=str(last.version) if last else None,
        next=coming if final else _development(repository, last, coming, bump, dirty=dirty),
        bump=bump,
        final=final,
        tag=tag,
        commits=commits,
    )


def bump_of(commits: Iterable[Commit]) -> str:
    """The largest of what the commits ask for: `major`, `minor`, `patch` or `none`."""
    asked = ("major" if c.breaking else BUMPS.get(c.type, "none") for c in commits)
    return max(asked, key=_RANKS.index, default="none")


def bumped(version: Version, bump: str) -> str:
    """The version after `version`."""
    major, minor, patch = version.major, version.minor, version.micro
    return {
        "major": f"{major + 1}.0.0",
        "minor": f"{major}.{minor + 1}.0",
        "patch": f"{major}.{minor}.{patch + 1}",
        "none": str(version),
    }[bump]


def _released(repository: Repository, here: Tag, tags: Sequence[Tag], on: str | None) -> Versioning:
    """What there is to say where a release is checked out."""
    before = _final([tag for tag in tags if tag.version < here.version])
    return Versioning(
        revision=here.sha,
        branch=on,
        dirty=False,
        current=str(here.version),
        next=str(here.version),
        bump="none",
        final=True,
        tag=here.name,
        commits=_since(repository, before),
    )


def _final(tags: Iterable[Tag]) -> Tag | None:
    """The highest final version; pre-releases are only on the way to one."""
    return next((tag for tag in tags if not tag.version.is_prerelease), None)


def _since(repository: Repository, tag: Tag | None) -> tuple[Commit, ...]:
    return standing(repository.commits(since=tag.sha if tag else None))


def _bump(commits: Iterable[Commit], last: Tag | None, *, major_on_zero: bool) -> str:
    if last is None:
        return "initial"
    bump = bump_of(commits)
    return "minor" if bump == "major" and not last.version.major and not major_on_zero else bump


def _is_release_branch(name: str | None, patterns: Iterable[str]) -> bool:
    return name is not None and any(fnmatchcase(name, pattern) for pattern in patterns)


def _next(last: Tag | None, bump: str, initial: str) -> str:
    if last:
        return bumped(last.version, bump)
    try:
        return str(Version(initial))
    except InvalidVersion:
        raise UsageError(
            f"[release] initial = {initial!r} is no version", hint="write it as '0.1.0' (PEP 440)"
        ) from None


def _development(
    repository: Repository, last: Tag | None, coming: str, bump: str, *, dirty: bool
) -> str:
    distance = repository.count(since=last.sha if last else None)
    local = f"g{repository.head()[:SHORT]}"
    if dirty:
        local += f".dirty{repository.uncommitted()[:SHORT]}"
    if bump == "none":
        return str(Version(f"{coming}+{distance}.{local}"))
    return str(Version(f"{coming}.dev{distance}+{local}"))


def _require_free(repository: Repository, tag: str | None) -> None:
    taken = repository.resolve(f"refs/tags/{tag}") if tag else None
    if taken:
        raise UsageError(
            f"the next version, {tag}, is taken by commit {taken[:SHORT]}, which is not part of"
            " this branch",
            hint=f"merge {tag} into this branch, so that versions go on from it",
        )
