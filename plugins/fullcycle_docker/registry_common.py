"""What both registries do alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fullcycle.errors import StepError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Artifact, Release

_HEX = re.compile(r"[0-9a-f]{4,64}")
"""An abbreviated digest has at least 4 digits, as git's."""


def pick(releases: Sequence[Release], reference: str) -> Release | None:
    """The release of a digest, also abbreviated, or the newest, for `latest`.

    Raises:
        UsageError: an abbreviated digest fits several.
    """
    if reference == "latest":
        return releases[0] if releases else None
    start = reference.removeprefix("sha256:")
    if not _HEX.fullmatch(start):
        return None
    fitting = [each for each in releases if each.digest.removeprefix("sha256:").startswith(start)]
    digests = sorted({each.digest for each in fitting})
    if len(digests) > 1:
        shown = ", ".join(digest[:19] for digest in digests)
        raise UsageError(
            f"{reference!r} fits {len(digests)} digests: {shown}", hint="write more of it"
        )
    return fitting[0] if fitting else None


def newest_first(releases: Sequence[Release]) -> list[Release]:
    """In the order that `list` promises."""
    return sorted(releases, key=lambda each: (each.created, each.version), reverse=True)


def outdated(
    releases: Sequence[Release], keep: int, needed: frozenset[str]
) -> tuple[list[Release], list[Release]]:
    """What to delete and what stays, of releases that come newest first."""
    gone = [each for each in releases[keep:] if each.digest not in needed]
    return gone, [each for each in releases if each not in gone]


def taken(artifact: Artifact, version: str, digest: str) -> StepError:
    """The error of a version that means something else already."""
    return StepError(
        f"version {version} is taken by {digest[:19]}, this is {artifact.digest[:19]}",
        hint="a version never changes its content: release a new one",
    )
