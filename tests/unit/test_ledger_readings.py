"""Readings that are kept: as measured, then coarser, then no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fullcycle.model import Reading
from fullcycle.pipeline.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path)
    yield made
    made.close()


def reading(metric: str, value: float, at: datetime, seconds: float = 0.0) -> Reading:
    return Reading(
        metric=metric, value=value, unit="count", subject="web-1", at=at, seconds=seconds
    )


def fill(ledger: Ledger, hours: float, environment: str = "test", every: int = 1) -> datetime:
    """A round every so many minutes: a load that is the minute of the hour, and a counter."""
    rounds = int(hours * 60)
    for number in range(0, rounds, every):
        at = START + number * MINUTE
        measured = [reading("load", number % 60, at), reading("seen_total", number, at)]
        ledger.record_readings("", measured, environment)
    return START + (rounds - every) * MINUTE


def test_the_last_hours_are_as_measured_and_older_ones_are_averages(ledger: Ledger) -> None:
    end = fill(ledger, 5)
    load = ledger.readings(environment="test", metrics=["load"])
    assert [each.at for each in load] == sorted({each.at for each in load}), "nothing comes twice"
    assert load[0] == reading("load", 2.0, START, 300)
    raw = [each for each in load if not each.seconds]
    assert [each.value for each in raw] == [(each.at - START) // MINUTE % 60 for each in raw]
    assert timedelta(hours=1, minutes=50) < end - raw[0].at <= timedelta(hours=2)
    averages = [each for each in load if each.seconds]
    assert averages[-1].at + timedelta(minutes=5) == raw[0].at, "without a gap"
    assert len(averages) + len(raw) / 5 == 60


def test_of_counters_the_last_value_is_kept(ledger: Ledger) -> None:
    fill(ledger, 5)
    seen = ledger.readings(environment="test", metrics=["seen_total"])
    assert [each.value for each in seen[:3]] == [4, 9, 14]


def test_long_times_can_be_asked_for_coarsely(ledger: Ledger) -> None:
    end = fill(ledger, 50, every=5)
    hours = ledger.readings(environment="test", metrics=["load"], step=3600)
    whole = [each for each in hours if each.seconds == 3600]
    assert [each.value for each in whole] == [27.5] * 49
    newer = [each for each in hours if each.seconds != 3600]
    assert [each.seconds for each in newer[:3]] == [300] * 3
    assert newer[-1].at == end
    day = ledger.readings(since=end - timedelta(days=1), environment="test", metrics=["load"])
    assert {each.seconds for each in day} == {0, 300}


def test_what_is_old_is_forgotten(ledger: Ledger) -> None:
    fill(ledger, 3)
    later = START + timedelta(days=100)
    ledger.record_readings("", [reading("load", 1, later)], "test")
    assert ledger.readings(environment="test") == [reading("load", 1, later)]


def test_a_rate_counts_by_the_time_that_it_is_about(ledger: Ledger) -> None:
    for second, value, seconds in ((10, 1.0, 10.0), (270, 5.0, 30.0), (400, 0.0, 15.0)):
        at = START + timedelta(seconds=second)
        ledger.record_readings("", [reading("rate", value, at, seconds)], "test")
    coarse = ledger.readings(environment="test", step=300)
    assert coarse[0] == reading("rate", 4.0, START, 40.0)


def test_environments_are_told_apart_and_a_time_has_two_ends(ledger: Ledger) -> None:
    for name in ("one", "two"):
        fill(ledger, 0.1, name)
    ledger.record_readings("", [reading("odd", float("nan"), START)], "one")
    assert len(ledger.readings()) == 24
    assert len(ledger.readings(environment="one")) == 12
    found = ledger.readings(START + MINUTE, START + 3 * MINUTE, environment="two")
    assert {each.at for each in found} == {START + MINUTE, START + 2 * MINUTE}
    assert ledger.readings(environment="three") == []


def test_a_week_of_100_replicas_stays_small(ledger: Ledger) -> None:
    """Twelve hours of it, for the rest is hours: 12 rows a day and metric more."""
    names = [f"web-{number:06x}" for number in range(100)]
    for number in range(12 * 12):
        at = START + number * 5 * MINUTE
        measured = [
            Reading(metric=metric, value=hash((name, number)) / 1e12, unit="", subject=name, at=at)
            for metric in ("cpu_ratio", "memory_bytes")
            for name in names
        ]
        ledger.record_readings("", measured, "test")
    ledger.close()
    rows = 2 * (12 * 12 * 2 + 12)
    assert ledger.path.stat().st_size < rows * 5000
