"""Artifact: what `build` made, named by its content."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 (read at run time when the hand-over file is parsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """The product of a build.

    The digest covers content only: the same source built twice has the same digest,
    whatever machine or moment built it.
    """

    app: str
    digest: str
    """`sha256:` and 64 hexadecimal digits."""
    kind: str
    """What is inside, as the provider that built it calls it: `python`, `files`, `image`."""
    provider: str
    """The provider of the environment that it was built in, which can try and publish it; it may
    have borrowed the builder of another."""
    version: str
    """The version the build was told to carry."""
    revision: str
    """The git commit it was built from, all 40 digits."""
    dirty: bool = False
    """Whether uncommitted changes went into it."""
    size: int = 0
    """Bytes."""
    created: datetime
    """When the build finished, with its time zone. Not part of the digest."""
    path: str = ""
    """Where its content waits to be published, relative to the hand-over folder; empty when the
    platform holds it (an image in an Engine)."""
    labels: dict[str, str] = field(default_factory=dict)
