"""The changelog: what each version brought, as Markdown."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from .commits import grouped, standing
from .git import SHORT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from fullcycle.model import Commit
    from fullcycle.settings.schema import Release

    from .git import Repository, Tag


def section(version: str, commits: Sequence[Commit], released: datetime | None = None) -> str:
    """What one version brought.

    Args:
        version: as the heading shows it.
        commits: newest first, as `commits.standing` gives them.
        released: the day in the heading; the day of the newest commit without.
    """
    day = released or (commits[0].committed if commits else None)
    heading = f"## {version} ({day:%Y-%m-%d})" if day else f"## {version}"
    groups = [
        f"### {title}\n\n" + "\n".join(_line(commit) for commit in found)
        for title, found in grouped(commits).items()
    ]
    return "\n\n".join([heading, *(groups or ["Nothing that users see."])]) + "\n"


def whole(repository: Repository, settings: Release) -> str:
    """What all versions brought, newest first, and what waits to be released."""
    tags = repository.releases(settings.tag_prefix)
    sections = [_section(repository, tag, before) for tag, before in pairwise([*tags, None]) if tag]
    coming = standing(repository.commits(since=tags[0].sha if tags else None))
    if coming:
        sections.insert(0, section("Unreleased", coming))
    return "\n".join(["# Changelog\n", *sections])


def _section(repository: Repository, tag: Tag, before: Tag | None) -> str:
    commits = standing(repository.commits(since=before.sha if before else None, until=tag.sha))
    return section(str(tag.version), commits)


def _line(commit: Commit) -> str:
    scope = f"**{commit.scope}:** " if commit.scope else ""
    notice = f": {commit.notice}" if commit.notice else ""
    return f"- {scope}{commit.subject}{notice} ({commit.sha[:SHORT]})"
