"""Schedule: a known peak as Application Auto Scaling's scheduled actions take it.

AWS knows no duration: an action begins a peak and others end it. Its cron has six fields, days of
the week from 1 (Sunday), and one of the two fields for days must be `?`.
Source: the Application Auto Scaling user guide, "Schedule recurring scaling actions using cron
expressions".
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fullcycle.model import Peak

HOURS = 24
DAY = HOURS * 60
"""Minutes."""
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
ANY = "*"
NONE = "?"


def begin(peak: Peak) -> str:
    """When it begins.

    Raises:
        UsageError: AWS cannot begin it at such times.
    """
    minute, hour, day, month, weekday = _fields(peak)
    return _expression(minute, hour, day, month, _weekdays(peak, weekday))


def ends(peak: Peak) -> list[str]:
    """When it ends, as few expressions as say it.

    Raises:
        UsageError: its ends follow no rule: it lasts past midnight on days of a month.
    """
    minute, hour, day, month, weekday = _fields(peak)
    beginnings = [h * 60 + m for h in _values(peak, hour, HOURS) for m in _values(peak, minute, 60)]
    by_shift: dict[tuple[int, int], list[int]] = defaultdict(list)
    for beginning in beginnings:
        days, rest = divmod(beginning + peak.minutes, DAY)
        by_shift[days, rest % 60].append(rest // 60)
    later = any(days for days, _ in by_shift)
    if later and (day != ANY or month != ANY):
        raise _cannot(peak, "last past midnight on certain days of a month or in certain months")
    return [
        _expression(str(at), _join(hours), day, month, _weekdays(peak, weekday, days))
        for (days, at), hours in sorted(by_shift.items())
    ]


def _fields(peak: Peak) -> list[str]:
    fields = peak.cron.upper().split()
    day, weekday = fields[2], fields[4]
    if ANY not in {day, weekday}:
        raise _cannot(peak, "begin on days of the month and of the week at once")
    if "L" in day or "#" in weekday or weekday.endswith("L"):
        raise _cannot(peak, f"begin on {day if 'L' in day else weekday}")
    return fields


def _expression(minute: str, hour: str, day: str, month: str, weekday: str) -> str:
    if weekday == ANY:
        return f"cron({minute} {hour} {day} {month} {NONE} {ANY})"
    return f"cron({minute} {hour} {NONE} {month} {weekday} {ANY})"


def _weekdays(peak: Peak, field: str, later: int = 0) -> str:
    """Days by their names, so that nobody has to know where AWS begins to count."""
    if field == ANY:
        return ANY
    numbers = {(each + later) % 7 for each in _values(peak, field, 7, WEEKDAYS)}
    return ",".join(WEEKDAYS[each] for each in sorted(numbers))


def _values(peak: Peak, field: str, size: int, names: tuple[str, ...] = ()) -> list[int]:
    """The numbers a field of cron stands for: lists, ranges, steps, names."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if span == ANY:
            start, stop = 0, size - 1
        else:
            start = _number(first, names)
            stop = _number(last, names) if last else (size - 1 if step else start)
        if stop < start:
            raise _cannot(peak, f"begin at {part}")
        found.update(each % size for each in range(start, stop + 1, int(step or 1)))
    return sorted(found)


def _number(text: str, names: tuple[str, ...]) -> int:
    return names.index(text) if text in names else int(text)


def _join(hours: Iterable[int]) -> str:
    numbers = sorted(set(hours))
    return ANY if len(numbers) == HOURS else ",".join(map(str, numbers))


def _cannot(peak: Peak, what: str) -> UsageError:
    return UsageError(
        f"peak {peak.name!r} ({peak.cron}): AWS cannot {what}",
        hint="write it as several peaks, or in other words",
    )
