"""The work can be merged with its target branch without conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.versioning.command import fail

from .work import short, target

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.settings.schema import Settings
    from fullcycle.versioning.git import Repository

NEEDED = (2, 38)
"""The git in which `merge-tree --write-tree` came: it merges without touching the work tree."""


def check(repository: Repository, settings: Settings, log: Callable[[str], None]) -> str:
    """Merge HEAD and the target branch, as last fetched, in memory.

    Raises:
        StepError: there are conflicts; a file a line.
    """
    version = repository.version()
    if version < NEEDED:
        return f"skipped: git {'.'.join(map(str, version))} can't merge in memory (2.38 can)"
    into = target(repository, settings)
    if into is None:
        wanted = settings.plan.target
        return f"skipped: {f'no branch {wanted!r}' if wanted else 'no target branch'} to merge into"
    if repository.merge_base(into, "HEAD") is None and repository.is_shallow():
        return "skipped: the clone is shallow and lacks where the branches part"
    conflicts = conflicting(repository, into)
    for path in conflicts:
        log(f"conflict: {path}")
    if conflicts:
        raise StepError(
            f"{short(into)} cannot be merged, {len(conflicts)} files are in conflict:\n"
            + "\n".join(conflicts),
            hint=f"git merge {short(into)}, and resolve them",
        )
    return f"merges cleanly with {short(into)}"


def conflicting(repository: Repository, into: str) -> list[str]:
    """The files that would be in conflict."""
    options = ["--write-tree", "--name-only", "--no-messages", "-z"]
    merged = repository.git("merge-tree", *options, into, "HEAD", check=False)
    if merged.exit_code > 1:
        fail(repository.root, "merge-tree", merged)
    return sorted(set(merged.fields[1:]))
