"""Alert: something is wrong with an application that runs, until it is resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 (read at run time when records are parsed)
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is wrong, since when."""

    name: str
    """The same for the same trouble: `slo checkout 1h`, `threshold cpu web-1`."""
    environment: str
    severity: Literal["page", "ticket"]
    """Whether somebody has to come at once, or may come on the next day."""
    title: str
    """One line."""
    what: dict[str, str] = field(default_factory=dict)
    """Details by their names: objective, burn rate, budget left."""
    opened: datetime
    resolved: datetime | None = None
