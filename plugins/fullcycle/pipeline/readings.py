"""Stored readings: as measured for hours, then as averages over 5 minutes, then over hours.

A row is a frame: what one metric was of all its subjects at one time. So a week of 100 replicas
is some thousands of short rows, and a chart is read with one query.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise, zip_longest
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from fullcycle.model import Reading

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .store import Store

HOUR = 3600
DAY = 24 * HOUR


class Level(NamedTuple):
    """How finely readings are kept, and how long."""

    step: int
    """Seconds that one reading is the average of; 0 as measured."""
    keep: int
    """Seconds until it is forgotten."""


LEVELS = (Level(0, 2 * HOUR), Level(300, 2 * DAY), Level(HOUR, 90 * DAY))
"""A chart of an hour as it was measured, one of two days by 5 minutes, one of a quarter by hours:
at most some 2000 points each (the way of RRDtool's archives)."""
ACCUMULATED = "_total"
"""How metrics end that only grow: of those the last value is kept, not the average."""
MOST = 100_000
"""Readings given at once where nobody says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which stored readings somebody asks for; see `Ledger.readings`."""

    since: datetime | None = None
    until: datetime | None = None
    environment: str | None = None
    metrics: Sequence[str] = ()
    step: int = 0
    limit: int = MOST


class Frame(NamedTuple):
    """What one metric was of all its subjects at one time."""

    metric: str
    unit: str
    at: float
    """Seconds since 1970."""
    seconds: float
    """How long the time is that it is about; 0 for a moment."""
    values: dict[str, float]
    """By subject."""


def put(db: sqlite3.Connection, run: str, environment: str, readings: Iterable[Reading]) -> None:
    """Add what was measured at one time."""
    frames: dict[tuple[str, str, float, float], dict[str, float]] = defaultdict(dict)
    for each in readings:
        if isfinite(each.value):
            key = (each.metric, each.unit, each.at.timestamp(), each.seconds)
            frames[key][each.subject] = each.value
    _insert(db, environment, 0, ((*key, run, values) for key, values in frames.items()))


def roll_up(db: sqlite3.Connection, environment: str, now: float) -> None:
    """Average what is whole by now, and forget what is old."""
    for finer, coarser in pairwise(LEVELS):
        last = _newest(db, environment, coarser.step)
        start = last + coarser.step if last else 0.0
        end = now // coarser.step * coarser.step
        if start < end:
            _average(db, environment, finer.step, coarser.step, (start, end))
    for level in LEVELS:
        db.execute(
            "DELETE FROM reading WHERE environment = ? AND step = ? AND at < ?",
            (environment, level.step, now - level.keep),
        )


def find(store: Store, wanted: Wanted) -> list[Reading]:
    """See `Ledger.readings`."""
    names = [wanted.environment] if wanted.environment is not None else environments(store)
    found = [each for name in names for each in _find(store, replace(wanted, environment=name))]
    if len(names) > 1:
        found.sort(key=lambda reading: reading.at)
    return found[-wanted.limit :]


def environments(store: Store) -> list[str]:
    """Those that anything was measured of."""
    return [str(name) for (name,) in store.read("SELECT DISTINCT environment FROM reading")]


def frames(store: Store, wanted: Wanted) -> list[Frame]:
    """See `Ledger.frames`; of one environment."""
    rows = [*_frames(store, wanted)]
    return [
        Frame(metric, unit, at, seconds, json.loads(data))
        for metric, unit, at, seconds, data in reversed(rows)
    ]


def _find(store: Store, wanted: Wanted) -> list[Reading]:
    """Of one environment; the last `limit`, in the order they were measured."""
    newest_first: list[Reading] = []
    for row in _frames(store, wanted):
        newest_first += _readings(row)
        if len(newest_first) >= wanted.limit:
            break
    return newest_first[wanted.limit - 1 :: -1] if newest_first else []


def _readings(row: tuple[Any, ...]) -> Iterator[Reading]:
    """Those of a frame, the last first."""
    metric, unit, at, seconds, data = row
    moment = datetime.fromtimestamp(at, UTC)
    values = json.loads(data)
    for subject in reversed(values):
        yield Reading(
            metric=metric,
            value=values[subject],
            unit=unit,
            subject=subject,
            at=moment,
            seconds=seconds,
        )


def _frames(store: Store, wanted: Wanted) -> Iterator[tuple[Any, ...]]:
    """Newest first; older ones from the next coarser level, where the finer one ends."""
    since = wanted.since.timestamp() if wanted.since else 0.0
    until = wanted.until.timestamp() if wanted.until else inf
    left = wanted.limit
    for level, coarser in zip_longest(LEVELS, LEVELS[1:]):
        start = _begin(store, wanted, level, coarser) if coarser else 0.0
        rows = store.read(
            "SELECT metric, unit, at, seconds, data FROM reading"
            " WHERE environment = ? AND step = ? AND at >= ? AND at < ?"
            " AND (? OR metric IN (SELECT value FROM json_each(?)))"
            " ORDER BY at DESC, rowid DESC LIMIT ?",
            (
                *(wanted.environment, level.step, max(since, start), until),
                *(not wanted.metrics, json.dumps(list(wanted.metrics)), left),
            ),
        )
        yield from rows
        left -= len(rows)
        until = min(until, start)
        if left <= 0 or start <= since:
            return


def _begin(store: Store, wanted: Wanted, level: Level, coarser: Level) -> float:
    """From when on a level is read, and not the next coarser one."""
    newest = "SELECT max(at) FROM reading WHERE environment = ? AND step = ?"
    if wanted.step >= coarser.step:
        last = store.read(newest, (wanted.environment, coarser.step))
        return _number(last) + coarser.step if _number(last) else 0.0
    kept = _number(store.read(newest, (wanted.environment, level.step))) - level.keep
    return (kept // coarser.step + 1) * coarser.step


def _number(rows: Sequence[tuple[Any, ...]]) -> float:
    return float(rows[0][0] or 0.0) if rows else 0.0


def _average(
    db: sqlite3.Connection, environment: str, finer: int, coarser: int, span: tuple[float, float]
) -> None:
    """Make coarser frames of the finer ones of a time."""
    rows = db.execute(
        "SELECT metric, unit, at, seconds, data FROM reading"
        " WHERE environment = ? AND step = ? AND at >= ? AND at < ? ORDER BY at",
        (environment, finer, *span),
    )
    means: dict[tuple[str, str, float], _Mean] = defaultdict(_Mean)
    for metric, unit, at, seconds, data in rows:
        key = (metric, unit, at // coarser * coarser)
        means[key].add(json.loads(data), seconds)
    frames = sorted(means.items(), key=lambda item: item[0][2])
    _insert(
        db,
        environment,
        coarser,
        (
            (metric, unit, at, mean.seconds or coarser, "", mean.values(metric))
            for (metric, unit, at), mean in frames
        ),
    )


class _Mean:
    """The mean of several frames, each weighted by the time it is about."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._last: dict[str, float] = {}
        self._sums: dict[str, float] = defaultdict(float)
        self._weights: dict[str, float] = defaultdict(float)

    def add(self, values: Mapping[str, float], seconds: float) -> None:
        self.seconds += seconds
        self._last.update(values)
        weight = seconds or 1.0
        for subject, value in values.items():
            self._sums[subject] += value * weight
            self._weights[subject] += weight

    def values(self, metric: str) -> dict[str, float]:
        if metric.endswith(ACCUMULATED):
            return self._last
        return {
            subject: float(f"{total / self._weights[subject]:.6g}")
            for subject, total in self._sums.items()
        }


def _insert(
    db: sqlite3.Connection,
    environment: str,
    step: int,
    frames: Iterable[tuple[str, str, float, float, str, Mapping[str, float]]],
) -> None:
    db.executemany(
        "INSERT INTO reading (environment, step, metric, unit, at, seconds, run, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (environment, step, *frame, json.dumps(values, separators=(",", ":")))
            for *frame, values in frames
        ),
    )


def _newest(db: sqlite3.Connection, environment: str, step: int) -> float:
    found = db.execute(
        "SELECT max(at) FROM reading WHERE environment = ? AND step = ?", (environment, step)
    )
    return _number(found.fetchall())
