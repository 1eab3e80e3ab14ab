"""How values are said to people: durations, amounts, numbers of things."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite

UNKNOWN = "–"
MINUTE, HOUR, DAY = 60, 3600, 86400
KIBI = 1024


def duration(seconds: float) -> str:
    """A duration: `420 ms`, `3.2 s`, `2 min 05 s`, `1 h 04 min`, `3 d 4 h`."""
    milliseconds, tenths, whole = round(seconds * 1000, 1), round(seconds, 1), round(seconds)
    if tenths < 1:
        small = milliseconds < 10  # noqa: PLR2004 (two digits are enough)
        return f"{milliseconds:g} ms" if small else f"{milliseconds:.0f} ms"
    if tenths < 10:  # noqa: PLR2004 (two digits are enough)
        return f"{tenths:.1f} s"
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE:02} min"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


def amount(value: float, unit: str) -> str:
    """A measured value in its unit: a ratio in percent, bytes with a binary prefix."""
    if not isfinite(value):
        return UNKNOWN
    match unit:
        case "ratio":
            return f"{value * 100:.1f} %"
        case "bytes":
            return _bytes(value)
        case "seconds":
            return duration(value)
        case _:
            return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def utc(moment: datetime) -> datetime:
    """A moment in UTC; one without a time zone counts as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def plural(count: int, noun: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _bytes(value: float) -> str:
    for prefix in ("", "Ki", "Mi", "Gi"):
        if abs(value) < KIBI:
            return f"{value:.0f} B" if not prefix else f"{value:.1f} {prefix}B"
        value /= KIBI
    return f"{value:.1f} TiB"
