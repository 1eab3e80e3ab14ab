"""The charts of an environment: what its readings were over a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, get_args

from fullcycle.observe.subjects import Kind, kind
from fullcycle.web.chart import Chart, chart
from fullcycle.words import UNKNOWN, amount, plural

from .fleet import rank, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from fullcycle.pipeline.readings import Frame


@dataclass(frozen=True, slots=True)
class Range:
    """A time that charts show."""

    name: str
    length: timedelta
    step: int
    """Seconds that a stored reading should be the average of."""


RANGES = {
    each.name: each
    for each in (
        Range("1h", timedelta(hours=1), 0),
        Range("24h", timedelta(hours=24), 300),
        Range("7d", timedelta(days=7), 3600),
    )
}
TITLES: Mapping[Kind, str] = {
    "app": "Requests",
    "endpoint": "Endpoints",
    "replica": "Replicas",
    "host": "Host",
}
KINDS: tuple[Kind, ...] = tuple(each for each in get_args(Kind) if each)
GROWS = ("_total", "uptime_seconds")
"""Metrics that only grow say nothing as a chart; their rates are measured, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A metric of a kind of subject, as it is shown."""

    metric: str
    title: str
    subjects: int
    latest: str
    chart: Chart
    alarming: bool
    """Whether the latest value means that something is down."""

    @property
    def of(self) -> str:
        """Of how many it is the mean."""
        return f"mean of {self.subjects}" if self.subjects > 1 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """All charts of one kind."""

    kind: Kind
    title: str
    series: tuple[Series, ...]


def sections(
    frames: Iterable[Frame], since: datetime, until: datetime, subject: str = ""
) -> tuple[Section, ...]:
    """The charts by kind, the best known metrics first.

    Args:
        frames: of an environment, by time.
        since: the left end of all charts.
        until: the right end.
        subject: only of this one; of all without.
    """
    sorted_: dict[tuple[Kind, str], list[Frame]] = defaultdict(list)
    kinds: dict[str, _Kinds] = {}
    for frame in frames:
        if not frame.metric.endswith(GROWS):
            known = kinds.setdefault(frame.metric, _Kinds(frame.metric))
            for about, part in _by_kind(frame, subject, known):
                sorted_[about, frame.metric].append(part)
    return tuple(
        Section(kind=about, title=TITLES[about], series=found)
        for about in KINDS
        if (found := tuple(_series(sorted_, about, since, until)))
    )


def newest(frames: Sequence[Frame], about: Kind) -> dict[str, dict[str, str]]:
    """Subject of that kind → metric → its last value, as it is said; by the last round."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for frame in last(frames).values():
        for subject, value in frame.values.items():
            if kind(frame.metric, subject) == about:
                found[subject][frame.metric] = amount(value, frame.unit)
    return found


def last(frames: Sequence[Frame]) -> dict[str, Frame]:
    """The last frame of every metric."""
    return {frame.metric: frame for frame in frames}


class _Kinds(dict[str, Kind]):
    """The kinds of a metric's subjects, each found out once."""

    def __init__(self, metric: str) -> None:
        super().__init__()
        self._metric = metric

    def __missing__(self, subject: str) -> Kind:
        self[subject] = found = kind(self._metric, subject)
        return found


def _by_kind(frame: Frame, subject: str, kinds: _Kinds) -> Iterable[tuple[Kind, Frame]]:
    values = frame.values
    if subject:
        values = {subject: values[subject]} if subject in values else {}
    there = {kinds[name] for name in values}
    if len(there) == 1:
        return [(each, frame._replace(values=values)) for each in there if each]
    return [
        (each, frame._replace(values={n: v for n, v in values.items() if kinds[n] == each}))
        for each in there
        if each
    ]


def _series(
    sorted_: Mapping[tuple[Kind, str], Sequence[Frame]],
    about: Kind,
    since: datetime,
    until: datetime,
) -> Iterable[Series]:
    metrics = [metric for each, metric in sorted_ if each == about]
    for metric in sorted(metrics, key=lambda each: (rank(each), each)):
        frames = sorted_[about, metric]
        least = 1.0 if metric == "up" else 0.0
        drawn = chart(frames, since.timestamp(), until.timestamp(), least)
        if drawn is not None:
            yield _shown(metric, frames[-1], drawn)


def _shown(metric: str, frame: Frame, drawn: Chart) -> Series:
    values = list(frame.values.values())
    mean = sum(values) / len(values)
    latest = amount(mean, frame.unit) if values else UNKNOWN
    down = sum(not value for value in values)
    if metric == "up":
        latest = f"{plural(down, 'subject')} down" if down else "up"
    return Series(
        metric=metric,
        title=title(metric),
        subjects=len(values),
        latest=latest,
        chart=drawn,
        alarming=metric == "up" and bool(down),
    )
