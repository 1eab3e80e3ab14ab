"""A value of one or many subjects over a time, as the paths of a chart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor, inf, isfinite, log10
from typing import TYPE_CHECKING

from fullcycle.words import amount

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from fullcycle.pipeline.readings import Frame

WIDTH, HEIGHT = 1000.0, 200.0
"""Units of the drawing: it is stretched to its place."""
SPANS = 180
"""A chart has one point for each of so many spans of time at most: one for some pixels."""
MARKS = 5
"""Moments named below it."""
ROWS = 12
"""Rows of the table that says the same."""
STEPS: tuple[float, ...] = (1, 2, 2.5, 5, 10)
KIBI_STEPS: tuple[float, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
KIBI = 1024.0
GAP_SPANS = 3
"""A line is broken where nothing was measured for so many spans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What was measured in a span of time."""

    at: datetime
    low: float
    mean: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A metric over time: a line for the mean, a band from the lowest to the highest."""

    points: tuple[Point, ...]
    unit: str
    line: str
    """The mean, as an SVG path."""
    band: str
    """From the lowest to the highest; empty where they are the same."""
    heights: tuple[str, ...]
    """What the horizontal lines stand for, from the top down, evenly apart."""
    moments: tuple[datetime, ...]
    """Evenly apart, from the left to the right."""

    @property
    def rows(self) -> Sequence[Point]:
        """Some of the points, evenly apart, the last among them: the newest first."""
        apart = max(1, ceil(len(self.points) / ROWS))
        return self.points[::-1][::apart]

    @property
    def readout(self) -> str:
        """For whoever points at it: place, seconds since 1970, and what is said of each point."""
        since, until = self.moments[0].timestamp(), self.moments[-1].timestamp()
        moments = ((p, p.at.timestamp()) for p in self.points)
        return ";".join(
            f"{(at - since) / (until - since) * WIDTH:.1f}|{at:.0f}|{self.said(p)}"
            for p, at in moments
        )

    def said(self, point: Point) -> str:
        """A point in words: the mean, and the lowest and highest where they differ from it."""
        mean, low, high = (amount(v, self.unit) for v in (point.mean, point.low, point.high))
        return mean if low == high else f"{mean} ({low} to {high})"


def chart(frames: Iterable[Frame], since: float, until: float, least: float = 0.0) -> Chart | None:
    """The chart of one metric; None when nothing was measured.

    Args:
        frames: of the metric, by time; those that several values belong to are averaged.
        since: the left end, in seconds since 1970.
        until: the right end.
        least: what the upper edge stands for at least.
    """
    spans, unit = _spans(frames, since, until)
    points = tuple(span.point(at) for at, span in sorted(spans.items()))
    if not points:
        return None
    top = ceiling(max(least, *(p.high for p in points)), unit)
    moments = (since + (until - since) * n / (MARKS - 1) for n in range(MARKS))
    drawn = _Drawn(since, until, top)
    return Chart(
        points=points,
        unit=unit,
        line=drawn.line(points),
        band=drawn.band(points) if any(p.low != p.high for p in points) else "",
        heights=tuple(amount(top * part, unit) for part in (1.0, 0.5, 0.0)),
        moments=tuple(datetime.fromtimestamp(at, UTC) for at in moments),
    )


def ceiling(value: float, unit: str) -> float:
    """The next round value that isn't below: its half is round, too."""
    if value <= 0:
        return 1.0
    base, steps = (KIBI, KIBI_STEPS) if unit == "bytes" else (10.0, STEPS)
    size: float = base ** floor(log10(value) / log10(base))
    round_ = [step * size for step in (*steps, base)]
    return next(each for each in round_ if each >= value * (1 - 1e-9))


class _Drawn:
    def __init__(self, since: float, until: float, top: float) -> None:
        self._since, self._span, self._top = since, until - since, top
        self._gap = GAP_SPANS * self._span / SPANS

    def line(self, points: Sequence[Point]) -> str:
        parts = []
        before = None
        for point in points:
            x, y = self._place(point, point.mean)
            far = before is None or point.at.timestamp() - before > self._gap
            parts.append(f"M{x} {y}h0" if far else f"L{x} {y}")
            before = point.at.timestamp()
        return "".join(parts)

    def band(self, points: Sequence[Point]) -> str:
        upper = [self._place(p, p.high) for p in points]
        lower = [self._place(p, p.low) for p in reversed(points)]
        return "M" + "L".join(f"{x} {y}" for x, y in [*upper, *lower]) + "Z"

    def _place(self, point: Point, value: float) -> tuple[float, float]:
        x = (point.at.timestamp() - self._since) / self._span * WIDTH
        y = HEIGHT - min(max(value / self._top, 0.0), 1.0) * HEIGHT
        return round(x, 1), round(y, 1)


class _Span:
    """Values of a span of time, of which only these three are kept."""

    __slots__ = ("count", "high", "low", "total")

    def __init__(self) -> None:
        self.low, self.high, self.total, self.count = inf, -inf, 0.0, 0

    def add(self, values: Collection[float]) -> None:
        self.low = min(self.low, *values)
        self.high = max(self.high, *values)
        self.total += sum(values)
        self.count += len(values)

    def point(self, at: float) -> Point:
        moment = datetime.fromtimestamp(at, UTC)
        return Point(at=moment, low=self.low, mean=self.total / self.count, high=self.high)


def _spans(frames: Iterable[Frame], since: float, until: float) -> tuple[dict[float, _Span], str]:
    """Spans by their begin, and the unit of their values."""
    length, unit = (until - since) / SPANS, ""
    spans: dict[float, _Span] = defaultdict(_Span)
    for frame in frames:
        values: Collection[float] = frame.values.values()
        if not isfinite(sum(values)):
            values = [*filter(isfinite, values)]
        if values and since <= frame.at <= until:
            unit = frame.unit
            spans[since + (frame.at - since) // length * length].add(values)
    return spans, unit
