"""Readings as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Reading


def table(readings: Sequence[Reading]) -> str:
    """A line per reading, in columns: subject, metric, value with its unit."""
    rows = [(each.subject, each.metric, amount(each.value, each.unit)) for each in readings]
    if not rows:
        return "nothing was measured"
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        f"{subject:{widths[0]}}  {metric:{widths[1]}}  {value:>{widths[2]}}"
        for subject, metric, value in rows
    )


def amount(value: float, unit: str) -> str:
    """A value with its unit: `12.5 %`, `34.0 MiB`, `3.2 ms`, `17`."""
    if unit == "ratio":
        return f"{value:.1%}".replace("%", " %")
    if unit == "bytes":
        return _scaled(value)
    if unit == "seconds":
        return f"{value * 1000:.1f} ms" if abs(value) < 1 else f"{value:,.1f} s"
    return f"{value:,.10g}"


def _scaled(value: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:  # noqa: PLR2004 (bytes of the next unit)
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
