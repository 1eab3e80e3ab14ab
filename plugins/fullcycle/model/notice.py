"""Notice: something that people should hear of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 (read at run time when records are parsed)
from enum import StrEnum


class NoticeKind(StrEnum):
    """What it is about; settings choose by it who hears of it."""

    DEPLOYMENT_STARTED = "deployment-started"
    DEPLOYMENT_DONE = "deployment-done"
    DEPLOYMENT_ROLLED_BACK = "deployment-rolled-back"
    DEPLOYMENT_FAILED = "deployment-failed"
    SCALED = "scaled"
    ALERT = "alert"
    """A threshold is breached, or an error budget burns too fast."""
    RESOLVED = "resolved"
    """An alert is over."""
    WAITING = "waiting"
    """A person has to say yes, or to do a step of a runbook."""
    MESSAGE = "message"
    """Somebody says something, or tries whether it arrives; everybody gets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Who, what, where and how it ended."""

    kind: NoticeKind
    app: str
    environment: str
    title: str
    """One line: `shop 1.2.0 serves in production`."""
    who: str = ""
    """user@host, or what did it by itself."""
    what: dict[str, str] = field(default_factory=dict)
    """Details by their names: version, digest, commits, replicas, seconds, reason."""
    links: dict[str, str] = field(default_factory=dict)
    """URLs by their names."""
    at: datetime
