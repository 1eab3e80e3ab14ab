"""The work tree holds nothing that got there by accident: conflict markers, huge files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import StepError

from .work import work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fullcycle.settings.schema import Settings
    from fullcycle.versioning.git import Repository

LARGEST = 5_000_000
"""Bytes a newly added file may have: every clone carries it for ever. (Files kept by Git LFS are
pointers to git, and small.)"""

_MARKERS = (r"^<{7} ", r"^={7}$", r"^>{7} ")


def check(repository: Repository, settings: Settings, log: Callable[[str], None]) -> str:
    """Look for conflict markers in tracked files and for oversized ones in new commits.

    Raises:
        StepError: with a finding a line.
    """
    found = [*conflict_markers(repository), *oversized(repository, settings)]
    for line in found:
        log(line)
    if found:
        raise StepError(
            f"{len(found)} files that should not be committed as they are:\n" + "\n".join(found),
            hint="resolve the conflicts; keep large files outside of git or in Git LFS",
        )
    return "no conflict markers, no oversized files"


def conflict_markers(repository: Repository) -> Iterator[str]:
    """Tracked text files with all three markers of an unresolved conflict."""
    patterns = [part for marker in _MARKERS for part in ("-e", marker)]
    # Files with a line like each of them; git exits with 1 when there are none.
    grep = repository.git(
        "grep", "-I", "-l", "-z", "--all-match", "-E", *patterns, "--", ".", check=False
    )
    for name in grep.fields:
        lines = (repository.root / name).read_bytes().splitlines()
        numbers = (n for n, line in enumerate(lines, 1) if line.startswith(b"<<<<<<< "))
        yield f"{name}:{next(numbers, 1)}: conflict marker"


def oversized(repository: Repository, settings: Settings) -> Iterator[str]:
    """Files that commits not merged or released yet add, and that are too large."""
    looked_at = work(repository, settings)
    if looked_at is None:
        return
    added = repository.git(
        "diff", "--name-only", "--no-renames", "--diff-filter=A", "-z", looked_at.base, "HEAD"
    ).fields
    if not added:
        return
    listed = repository.git("ls-tree", "-r", "-l", "-z", "--full-tree", "HEAD").fields
    sizes = dict(_name_and_size(entry) for entry in listed)
    for name in added:
        size = sizes.get(name, 0)
        if size > LARGEST:
            yield f"{name}: {size / 1e6:.1f} MB, newly added (at most {LARGEST / 1e6:.0f} MB)"


def _name_and_size(entry: str) -> tuple[str, int]:
    described, _, name = entry.partition("\t")
    size = described.split()[-1]
    return name, int(size) if size.isdigit() else 0
