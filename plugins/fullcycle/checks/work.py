"""The work that a check looks at: the commits that are not merged, or not released, yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fullcycle.settings.schema import Settings
    from fullcycle.versioning.git import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The commits after `base`."""

    base: str
    """A commit, all its digits."""
    since: str
    """What that is, for people: `origin/main`, `v1.2.0`."""


def target(repository: Repository, settings: Settings) -> str | None:
    """The full reference of the branch to merge into; None when there is none but this one."""
    found = repository.target(settings.plan.target)
    here = repository.branch()
    return None if found == f"refs/heads/{here}" else found


def work(repository: Repository, settings: Settings) -> Work | None:
    """What isn't in the target branch yet; without one, what came after the last release.

    None when there is neither: nothing says which commits are old.
    """
    into = target(repository, settings)
    base = repository.merge_base(into, "HEAD") if into else None
    if into and base:
        return Work(base=base, since=short(into))
    last = next(iter(repository.releases(settings.release.tag_prefix)), None)
    return Work(base=last.sha, since=last.name) if last else None


def short(reference: str) -> str:
    """A reference as people write it."""
    return reference.removeprefix("refs/remotes/").removeprefix("refs/heads/")
