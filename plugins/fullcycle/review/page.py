"""A review as one HTML page that needs nothing else."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from fullcycle.web import templates
from fullcycle.web.figures import trend
from fullcycle.web.states import SEVERITIES

from .render import basis, said, said_trend, said_waste

if TYPE_CHECKING:
    from .review import Review

HERE = Path(__file__).parent
LAST = 30
"""Values of a step that its line shows."""


def page(review: Review) -> str:
    """The page. Whatever the data hold, they are shown as text and never run."""
    environment = templates.environment(HERE)
    environment.filters |= {
        "said": said,
        "basis": basis,
        "trend": said_trend,
        "waste": said_waste,
        "trend_line": lambda seconds: trend(seconds[-LAST:]),
    }
    return templates.document(
        environment,
        "page.html.j2",
        HERE / "page.css",
        asdict(review),
        review=review,
        severities=SEVERITIES,
    )
