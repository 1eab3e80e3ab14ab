"""The geometry of the charts, in percent of their width: timelines of steps, sparklines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.model import Result
from fullcycle.words import duration, utc

from .states import RESULTS, State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from fullcycle.model import Run, StepRecord

INTERVALS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600)
"""Seconds between two marks of a time axis."""
MOST_TICKS = 7
MINUTE = 60
STRIP_HEIGHT = 26.0
"""Pixels of a compact timeline."""
GAP = 1.5
"""Pixels between two of its lanes."""
HEIGHT = 40.0
"""Units of a sparkline's height; its width is 100."""
DOTTED = 15
"""A line of so few points shows each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A step on the time axis."""

    step: str
    tone: str
    left: float
    width: float
    lane: int
    seconds: str
    title: str
    ready: float
    """Where it could have begun, had there been a free place."""
    critical: bool
    """Whether the run would have been shorter without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark of the time axis."""

    left: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The steps of a run over time."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    lanes: int
    """How many steps ran at the same time at most."""

    @property
    def pitch(self) -> float:
        """Pixels from lane to lane in the compact form."""
        return min(9.0, STRIP_HEIGHT / max(1, self.lanes))

    @property
    def margin(self) -> float:
        """Pixels above the first lane in the compact form."""
        return (STRIP_HEIGHT - self.pitch * self.lanes + GAP) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparkline:
    """A value over time: an SVG path in a box of 100 by HEIGHT."""

    line: str
    area: str
    dots: tuple[tuple[float, float], ...]


def timeline(
    run: Run,
    end: datetime,
    states: Mapping[str, State],
    ready: Mapping[str, datetime] | None = None,
    critical: Collection[str] = (),
) -> Timeline:
    """The steps that have started, on an axis from the start of the run to its end.

    Args:
        run: the run.
        end: when it ended, or now.
        states: the state of each step, by name, where it isn't the one of its result.
        ready: when each step could have begun, by name, where that is known.
        critical: the names of the steps that made the run as long as it was.
    """
    started = sorted((s for s in run.steps if s.started), key=_begin)
    origin = min([utc(run.started).timestamp(), *map(_begin, started)])
    last = max([utc(end).timestamp(), *(_begin(s) + s.seconds for s in started)])
    span = max(last - origin, 0.001)
    free: list[float] = []
    bars = []
    for step in started:
        begin, stop = _begin(step), _stop(step, end)
        lane = next((i for i, until in enumerate(free) if until <= begin + 0.001), len(free))
        free[lane : lane + 1] = [stop]
        state = states.get(step.name, RESULTS[step.result])
        could = utc((ready or {}).get(step.name) or step.started or end).timestamp()
        bars.append(
            Bar(
                step=step.name,
                tone=state.tone,
                left=min(_percent(begin - origin, span), 99.8),
                width=max(_percent(stop - begin, span), 0.2),
                lane=lane,
                seconds=duration(stop - begin),
                title=f"{step.name}: {state.word}, {duration(stop - begin)}",
                ready=min(_percent(could - origin, span), _percent(begin - origin, span)),
                critical=step.name in critical,
            )
        )
    return Timeline(bars=tuple(bars), ticks=_ticks(span), lanes=len(free))


def trend(values: Sequence[float]) -> Sparkline:
    """Values one after the other, from the left to the right; 0 is at the bottom."""
    top = max([*values, 0.0]) or 1.0
    last = max(len(values) - 1, 1)
    return _drawn(
        [
            (_percent(place, last), round(HEIGHT - 3 - value / top * (HEIGHT - 6), 2))
            for place, value in enumerate(values)
        ],
        dotted=1,
    )


def _drawn(points: list[tuple[float, float]], dotted: int = DOTTED) -> Sparkline:
    if not points:
        return Sparkline(line="", area="", dots=())
    line = "M" + " L".join(f"{x} {y}" for x, y in points)
    area = f"{line} L{points[-1][0]} {HEIGHT} L{points[0][0]} {HEIGHT} Z"
    return Sparkline(
        line=line, area=area, dots=tuple(points if len(points) <= dotted else points[-1:])
    )


def _begin(step: StepRecord) -> float:
    return utc(step.started).timestamp() if step.started else 0.0


def _stop(step: StepRecord, end: datetime) -> float:
    """A clock that was set back during a step must not make its bar negative."""
    ended = step.finished or (end if step.result is Result.RUNNING else None)
    return max(utc(ended).timestamp() if ended else _begin(step) + step.seconds, _begin(step))


def _ticks(span: float) -> tuple[Tick, ...]:
    interval = next((i for i in INTERVALS if span / i <= MOST_TICKS), span / MOST_TICKS)
    count = int(span / interval) + 1
    return tuple(
        Tick(left=_percent(n * interval, span), label=_tick(n * interval)) for n in range(count)
    )


def _tick(seconds: float) -> str:
    if seconds < MINUTE:
        return f"{seconds:g} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    hours, some = divmod(minutes, MINUTE)
    return f"{hours}:{some:02} h" if hours else f"{minutes}:{rest:02} min"


def _percent(part: float, whole: float) -> float:
    return round(min(max(part / whole * 100, 0.0), 100.0), 2)
