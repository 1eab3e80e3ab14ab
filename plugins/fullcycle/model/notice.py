"""Notice: something that people should hear of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 (read at run time when records are parsed)
from enum import StrEnum


class NoticeKind(StrEnum):
    """What it is about; settings choose by it who hears of it."""

    DEPLOYMENT_STARTED = "deployment-started"
    """Somebody deploys, rolls back or restarts."""
    DEPLOYMENT_DONE = "deployment-done"
    """It serves."""
    DEPLOYMENT_ROLLED_BACK = "deployment-rolled-back"
    """It did not work, and what ran before serves again."""
    DEPLOYMENT_FAILED = "deployment-failed"
    """It did not work, or was interrupted."""
    SCALED = "scaled"
    """The number of replicas was changed."""
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
    """What it is about."""
    app: str
    """The application."""
    environment: str
    """Where it happened."""
    title: str
    """One line: `shop 1.2.0 serves in production`."""
    who: str = ""
    """user@host, or what did it by itself."""
    what: dict[str, str] = field(default_factory=dict)
    """Details by their names. Of deployments: version, digest, strategy, replicas, previous (the
    version before), commits (a line each), outcome, seconds, reason, deployment, run. Of alerts:
    alert, severity and what is measured. Of what waits: asked, todo, answer (how to say yes)."""
    links: dict[str, str] = field(default_factory=dict)
    """URLs by their names: application, ci, description, the platform's own, those of
    `[operate.links]`."""
    at: datetime
    """When it happened."""
