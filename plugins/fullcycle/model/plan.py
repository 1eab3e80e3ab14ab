"""Plan: what the next turn of the loop is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 (read at run time when records are parsed)

from .cost import Cost  # noqa: TC001 (read at run time when the hand-over file is parsed)
from .finding import Finding  # noqa: TC001 (read at run time when records are parsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit, read as a Conventional Commit."""

    sha: str
    subject: str
    """The first line, without type and scope when the message follows the convention."""
    type: str
    """`feat`, `fix`, …; empty when the message follows no convention."""
    scope: str
    breaking: bool
    notice: str = ""
    """What breaks, in the words of its BREAKING CHANGE footer."""
    author: str
    committed: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What has changed, which version that makes, and what the last review asked for."""

    app: str
    environment: str
    revision: str
    branch: str | None
    """None when HEAD is detached."""
    dirty: bool
    current_version: str | None
    """The version of the last release; None before the first."""
    next_version: str
    bump: str
    """`major`, `minor`, `patch`, `none`, or `initial`."""
    commits: tuple[Commit, ...] = ()
    """Since the last release, newest first."""
    running_version: str | None = None
    """What runs in the environment; None when nothing does, or it cannot be reached."""
    undeployed: int = 0
    """How many commits are not running in the environment yet."""
    changes: tuple[str, ...] = ()
    """What provisioning would change, one line each."""
    expected_seconds: float | None = None
    """Median duration of the last successful runs of the same chain."""
    monthly_cost: Cost | None = None
    """An estimate; None where the platform has no price."""
    findings: tuple[Finding, ...] = ()
    """Open findings of the last review."""
