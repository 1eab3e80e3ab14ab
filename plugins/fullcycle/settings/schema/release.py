"""What is planned and released."""
# ruff: noqa: TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from pydantic import Field

from fullcycle.settings.forms import Version
from fullcycle.settings.table import Table


class Plan(Table):
    """What `plan` looks at."""

    target: str = ""
    """The branch that this work is to be merged into; the default branch of `origin` without."""


class Release(Table):
    """How versions are made and marked."""

    initial: Version = "0.1.0"
    """The first version."""
    tag_prefix: str = "v"
    """Before the version in a git tag."""
    major_on_zero: bool = False
    """Whether a breaking change makes 1.0.0 out of 0.x; otherwise it makes the next 0.x."""
    branches: tuple[str, ...] = ("main", "master")
    """Branches whose commits get real versions and a git tag; elsewhere, and from a work tree
    with uncommitted changes, releases are development versions without one."""
    push: bool = False
    """Push the git tag to `origin`."""
    keep: int = Field(default=10, ge=1)
    """Releases kept in the registry; what a rollback needs is kept anyway."""
