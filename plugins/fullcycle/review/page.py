"""A review as one HTML page that needs nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fullcycle.dashboard.words import duration, plural, utc

from .render import basis, said, said_trend, said_waste

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .review import Review

LAST = 30
"""Values of a step that its line shows."""
_WIDTH, _HEIGHT, _EDGE = 120.0, 28.0, 3.0


@dataclass(frozen=True, slots=True)
class Line:
    """A step's durations as a line: SVG coordinates in a box of 120 by 28."""

    points: str
    x: float
    """Of the last value."""
    y: float


def page(review: Review) -> str:
    """The page. Whatever the data hold, they are shown as text and never run."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("fullcycle.review", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        duration=duration,
        plural=plural,
        utc=utc,
        said=said,
        basis=basis,
        trend=said_trend,
        waste=said_waste,
        line=line,
    )
    return environment.get_template("page.html.j2").render(review=review, data=embedded(review))


def line(seconds: Sequence[float]) -> Line:
    """The newest durations as a line from the left to the right; from 0 s at the bottom."""
    shown = seconds[-LAST:]
    top = max(shown) or 1.0
    step = (_WIDTH - 2 * _EDGE) / max(len(shown) - 1, 1)
    places = [
        (_EDGE + step * place, _HEIGHT - _EDGE - value / top * (_HEIGHT - 2 * _EDGE))
        for place, value in enumerate(shown)
    ]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return Line(points, round(places[-1][0], 1), round(places[-1][1], 1))


def embedded(review: Review) -> Any:
    """The review as JSON that can stand in a script element: no `<`, `>` or `&` in it."""
    from markupsafe import Markup

    text = json.dumps(asdict(review), default=_plain, ensure_ascii=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 (escaped for its place just above)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
