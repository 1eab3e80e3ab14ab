"""Release: an artifact that has a version and can be deployed anywhere by its digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 (read at run time when the hand-over file is parsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A published artifact."""

    app: str
    version: str
    digest: str
    """The digest of the artifact, by which it is deployed."""
    kind: str
    registry: str
    """Where the content is, as a URI the registry's provider understands."""
    revision: str
    """The git commit it was built from."""
    tag: str | None = None
    """The git tag that marks it; None for a development version."""
    created: datetime
    released_by: str
    """user@host."""
    provider: str = ""
    """The provider that published it; empty when that isn't known."""
    notes: str = ""
    """The changelog section of this version, as Markdown."""
