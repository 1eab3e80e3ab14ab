"""Commit messages, read as Conventional Commits 1.0."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fullcycle.model import Commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .git import RawCommit

HEADER = re.compile(
    r"(?P<type>[A-Za-z][\w-]*)(?:\((?P<scope>[^()\n]+)\))?(?P<breaking>!)?: +(?P<subject>\S.*)"
)
FOOTER = re.compile(r"(?:BREAKING CHANGE(?=:)|[A-Za-z][\w-]*)(?:: | #)")
BREAKING = re.compile(r"BREAKING[ -]CHANGE: +(?P<notice>.*)", re.DOTALL)
GIT_REVERT = re.compile(r'Revert "(?P<subject>.*)"$')
REVERTED = re.compile(r"This reverts commit ([0-9a-f]{40,64})")

TYPES = (
    "feat",
    "fix",
    "perf",
    "revert",
    "build",
    "chore",
    "ci",
    "docs",
    "refactor",
    "style",
    "test",
)
"""The types of the convention and of Angular's, which it comes from."""


def parse(raw: RawCommit) -> Commit:
    """Read one commit. A message that follows no convention has the type ''."""
    first, _, rest = raw.message.partition("\n")
    header = HEADER.fullmatch(first.strip())
    undo = GIT_REVERT.fullmatch(first.strip())
    notices = [match["notice"] for footer in _footers(rest) if (match := BREAKING.match(footer))]
    return Commit(
        sha=raw.sha,
        subject=header["subject"].strip() if header else first.strip(),
        type=header["type"].lower() if header else "revert" if undo else "",
        scope=(header["scope"] or "").strip() if header else "",
        breaking=bool(notices or (header and header["breaking"])),
        notice=" ".join(" ".join(notices).split()),
        author=raw.author,
        committed=raw.committed,
    )


def standing(raws: Iterable[RawCommit]) -> tuple[Commit, ...]:
    """The commits that still have an effect, newest first.

    Merge commits bring nothing of their own; a commit and the one that reverts it cancel out.

    Args:
        raws: newest first.
    """
    own = [raw for raw in raws if not raw.merge]
    there = {raw.sha for raw in own}
    gone: set[str] = set()
    for raw in own:
        undone = there.intersection(REVERTED.findall(raw.message)) - {raw.sha}
        if raw.sha not in gone and undone:
            gone |= {raw.sha, *undone}
    return tuple(parse(raw) for raw in own if raw.sha not in gone)


def grouped(commits: Sequence[Commit]) -> dict[str, list[Commit]]:
    """The commits under the headings of a changelog, in their order; empty ones left out."""
    groups: dict[str, list[Commit]] = {heading: [] for heading in HEADINGS.values()}
    for commit in commits:
        heading = "Breaking" if commit.breaking else HEADINGS.get(commit.type, "Other")
        groups[heading].append(commit)
    return {heading: found for heading, found in groups.items() if found}


HEADINGS = {
    "!": "Breaking",
    "feat": "Features",
    "fix": "Fixes",
    "perf": "Performance",
    "": "Other",
}
"""Headings of a changelog by the type of a commit, in their order."""


def _footers(body: str) -> list[str]:
    """The footers of a message: they begin after an empty line and may go on over several."""
    found: list[str] = []
    after_empty = False
    for line in body.splitlines():
        if FOOTER.match(line) and (after_empty or found):
            found.append(line)
        elif found:
            found[-1] += f"\n{line}"
        after_empty = not line.strip()
    return found
