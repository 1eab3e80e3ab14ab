"""Commit messages follow Conventional Commits, so that versions and changelogs can be made."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.versioning.commits import TYPES, parse
from fullcycle.versioning.git import SHORT

from .work import work

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.settings.schema import Settings
    from fullcycle.versioning.git import RawCommit, Repository

UNFINISHED = ("fixup!", "squash!", "amend!")
"""What `git commit --fixup` and its like write, to be squashed by `git rebase --autosquash`."""
_NEAR = 0.65
"""How alike a type must be to a known one to count as a slip: `bugfix` is, `format` isn't."""


def check(repository: Repository, settings: Settings, log: Callable[[str], None]) -> str:
    """Check the messages since the target branch, or else since the last release.

    Merge commits and git's own `Revert "…"` are as they should be.

    Raises:
        StepError: some don't follow the convention; one a line.
    """
    looked_at = work(repository, settings)
    if looked_at is None:
        return "skipped: neither a target branch nor a release to compare with"
    commits = [c for c in repository.commits(since=looked_at.base) if not c.merge]
    bad = [f"{c.sha[:SHORT]} {reason}" for c in commits if (reason := complaint(c))]
    for line in bad:
        log(line)
    if bad:
        raise StepError(
            f"{len(bad)} of {len(commits)} commit messages since {looked_at.since} don't follow"
            " Conventional Commits:\n" + "\n".join(bad),
            hint="reword them, as in 'fix(cart): keep the order': git rebase --interactive"
            f" {looked_at.base[:SHORT]}",
        )
    return f"{len(commits)} commit messages since {looked_at.since}"


def complaint(commit: RawCommit) -> str | None:
    """What is wrong with a commit's message; None when nothing is."""
    first = commit.message.partition("\n")[0]
    if first.startswith(UNFINISHED):
        return f"{first!r} waits to be squashed"
    if not first:
        return "has no message"
    read = parse(commit)
    if not read.type:
        return f"{first!r} is not 'type(scope): description'"
    near = get_close_matches(read.type, TYPES, 1, _NEAR)
    if near and near[0] != read.type:
        return f"{first!r}: unknown type {read.type!r}, did you mean {near[0]!r}?"
    return None
