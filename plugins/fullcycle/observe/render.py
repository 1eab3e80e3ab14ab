"""Readings as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Reading


def table(readings: Sequence[Reading]) -> str:
    """A line per subject, its readings in human units; the host first."""
    subjects: dict[str, list[Reading]] = {}
    for reading in readings:
        subjects.setdefault(reading.subject, []).append(reading)
    width = max((len(subject) for subject in subjects), default=0)
    return "\n".join(
        f"{subject:{width}}  " + "  ".join(f"{each.metric} {human(each)}" for each in own)
        for subject, own in sorted(subjects.items(), key=lambda item: (item[0] != "host", item))
    )


def human(reading: Reading) -> str:
    """A value with a unit people read: percent, MB, ms."""
    value = reading.value
    if reading.unit == "ratio":
        return f"{value * 100:.1f} %"
    if reading.unit == "bytes":
        return f"{value / 1e6:.1f} MB"
    if reading.unit == "seconds":
        return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.0f} s"
    return f"{value:g}"
