"""Plots of simulations: replicas against what the traffic needed, as text and as SVG."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .simulate import Simulation

COLUMNS, ROWS = 72, 10
WIDTH, HEIGHT, LEFT, TOP = 960, 200, 40, 24
STYLE = """
svg { font: 12px system-ui, sans-serif; background: #fff; color: #222 }
.need { fill: #9ec5fe } .replicas { fill: none; stroke: #0b5394; stroke-width: 1.5 }
.over { stroke: #c62828; stroke-width: 1 } .axis { fill: none; stroke: #999 }
text { fill: currentColor }
@media (prefers-color-scheme: dark) {
  svg { background: #16181d; color: #ddd } .need { fill: #2c4a73 } .replicas { stroke: #8ab8ff }
  .over { stroke: #ff8a80 }
}
"""


def as_text(simulation: Simulation) -> str:
    """A chart for a terminal: a block where replicas are needed, a line at those there were."""
    needed = [max(each) for each in _buckets(simulation.needed, COLUMNS)]
    replicas = [max(each) for each in _buckets(simulation.replicas, COLUMNS)]
    top = max(*needed, *replicas)
    rows = min(ROWS, top)
    lines = []
    for row in range(rows, 0, -1):
        level = top * row / rows
        below = top * (row - 1) / rows
        cells = (_cell(n, r, level, below) for n, r in zip(needed, replicas, strict=True))
        lines.append(f"{level:5.0f} │{''.join(cells)}")
    scale = f"{'':5} └{'─' * len(needed)}"
    return "\n".join([f"{simulation.pilot}: █ needed, ─ replicas", *lines, scale])


def _cell(needed: int, replicas: int, level: float, below: float) -> str:
    if below < replicas <= level:
        return "▀" if needed > below else "─"
    return "█" if needed > below else " "


def as_svg(simulations: Sequence[Simulation]) -> str:
    """A chart below another; it follows the reader's light or dark colours."""
    panel = HEIGHT + TOP + 36
    height = panel * len(simulations)
    charts = "".join(_panel(each, place * panel) for place, each in enumerate(simulations))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}">'
        f"<title>Replicas against demand</title><style>{STYLE}</style>{charts}</svg>\n"
    )


def as_html(simulations: Sequence[Simulation], table: str) -> str:
    """A page with the table and the charts."""
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><title>Scaling simulated</title>'
        "<style>body { max-width: 60rem; margin: 1rem auto; padding: 0 1rem;"
        " font-family: system-ui } pre { overflow-x: auto }</style>"
        f"<h1>Scaling simulated</h1><pre>{escape(table)}</pre>{as_svg(simulations)}</html>\n"
    )


def _panel(simulation: Simulation, top: int) -> str:
    columns = WIDTH - LEFT
    needed = [max(each) for each in _buckets(simulation.needed, columns)]
    ranges = [(min(each), max(each)) for each in _buckets(simulation.replicas, columns)]
    most = max(*needed, *(high for _, high in ranges))
    step = columns / len(needed)

    def at(column: int, value: float) -> str:
        return f"{LEFT + column * step:.1f},{TOP + HEIGHT - value / most * HEIGHT:.1f}"

    area = " ".join(f"{at(i, n)} {at(i + 1, n)}" for i, n in enumerate(needed))
    line = " ".join(f"{at(i, low)} {at(i, high)}" for i, (low, high) in enumerate(ranges))
    marks = "".join(
        f'<path class="over" d="M{LEFT + m / len(simulation.replicas) * columns:.1f} {TOP}v6"/>'
        for m in simulation.overloaded
    )
    base, minutes = TOP + HEIGHT, len(simulation.replicas)
    return (
        f'<g transform="translate(0 {top})"><text x="{LEFT}" y="14">{escape(simulation.pilot)}:'
        f" replicas (line), needed (area), {len(simulation.overloaded)} overloaded minutes"
        f' (marks)</text><polygon class="need" points="{LEFT},{base} {area} {WIDTH},{base}"/>'
        f'<polyline class="replicas" points="{line}"/>{marks}'
        f'<path class="axis" d="M{LEFT} {TOP}V{base}H{WIDTH}"/>'
        f'<text x="{LEFT - 6}" y="{TOP + 10}" text-anchor="end">{most}</text>'
        f'<text x="{LEFT - 6}" y="{base}" text-anchor="end">0</text>'
        f'<text x="{LEFT}" y="{base + 16}">0</text>'
        f'<text x="{WIDTH}" y="{base + 16}" text-anchor="end">{minutes / 60:g} h</text></g>'
    )


def _buckets(values: Sequence[int], most: int) -> list[Sequence[int]]:
    """The values in order, in at most so many parts of about the same length."""
    count = min(most, len(values))
    edges = [round(i * len(values) / count) for i in range(count + 1)]
    return [values[a:b] for a, b in pairwise(edges)]
