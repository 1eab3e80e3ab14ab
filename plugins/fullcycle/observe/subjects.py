"""What kind of thing a reading is about."""

from __future__ import annotations

from typing import Literal

from fullcycle.model import APP, HOST

from .slo import METRICS

Kind = Literal["app", "replica", "endpoint", "host", ""]
"""Of no kind is what is about measuring itself, and about objectives."""


def kind(metric: str, subject: str) -> Kind:
    """The kind of a metric's subject."""
    if metric in METRICS or metric == "collector_up":
        return ""
    if subject == APP:
        return "app"
    if subject == HOST:
        return "host"
    return "endpoint" if "://" in subject or subject.startswith("/") else "replica"
