"""Error budgets and burn rates, by the figures of Google's SRE Workbook."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fullcycle.model import Reading
from fullcycle.observe.slo import EVENTS, GOOD, Objective, Standing, standings

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
STEP = 300.0
SERVE = Objective(name="serve", kind="availability", target=0.999)


def history(
    days: float, *, bad: float = 0.0, lately: tuple[float, float] = (0, 0)
) -> list[Reading]:
    """A request a second until NOW.

    Args:
        days: for so long.
        bad: share that failed.
        lately: seconds before NOW, and the share that failed in them.
    """
    found: list[Reading] = []
    for number in range(int(days * 86400 / STEP)):
        ago = (number + 1) * STEP
        share = lately[1] if ago <= lately[0] else bad
        found += pair(NOW - timedelta(seconds=ago), STEP, share)
    return found[::-1]


def standing(readings: list[Reading], objective: Objective = SERVE) -> Standing:
    return standings([objective], readings, NOW)[0]


def firing(readings: list[Reading]) -> list[str]:
    return [burn.name for burn in standing(readings).firing]


def test_a_budget_is_spent_by_what_fails() -> None:
    found = standing(history(30, bad=0.0005))
    assert found.attained == pytest.approx(0.9995)
    assert found.budget_left == pytest.approx(0.5)
    assert standing(history(30, bad=0.002)).budget_left == pytest.approx(-1)


def test_without_events_nothing_is_attained_and_nothing_spent() -> None:
    found = standing([])
    assert found.attained is None
    assert found.budget_left == 1
    assert not found.firing


def test_the_thresholds_for_30_days_are_those_of_the_workbook() -> None:
    burns = standing([]).burns
    assert [(each.name, round(each.threshold, 6), each.severity) for each in burns] == [
        ("1h", 14.4, "page"),
        ("6h", 6, "page"),
        ("1d", 3, "ticket"),
        ("3d", 1, "ticket"),
    ]
    assert [each.long / each.short for each in burns] == [12] * 4


def test_for_another_window_the_same_share_of_the_budget_alerts() -> None:
    week = Objective(name="serve", kind="availability", target=0.999, window_days=7)
    assert standing([], week).burns[0].threshold == pytest.approx(0.02 * 7 * 24)
    day = Objective(name="serve", kind="availability", target=0.999, window_days=1)
    assert [burn.name for burn in standing([], day).burns] == ["1h", "6h"]


def test_an_outage_fires_at_once_and_slow_burns_fire_later() -> None:
    assert firing(history(30)) == []
    assert firing(history(30, lately=(600, 1.0))) == ["1h", "6h", "1d", "3d"]
    assert firing(history(30, lately=(6 * 3600, 0.007))) == ["6h"]
    assert firing(history(30, lately=(86400, 0.0032))) == ["1d", "3d"]
    assert firing(history(30, lately=(3 * 86400, 0.0011))) == ["3d"]


def test_what_is_over_fires_no_more_though_the_long_window_still_burns() -> None:
    readings = [
        each for each in history(30, lately=(1800, 0.5)) if each.at < NOW - timedelta(seconds=600)
    ]
    well = [each for each in history(30) if each.at >= NOW - timedelta(seconds=600)]
    hour = standing(readings + well).burns[0]
    assert hour.long_rate > hour.threshold
    assert hour.short_rate == 0
    assert not hour.firing


def test_hours_count_by_their_time_and_not_by_how_many_readings_there_are() -> None:
    """A day in hourly averages and ten minutes as measured: 10 minutes are not a half."""
    readings: list[Reading] = []
    for hour in range(1, 25):
        at = NOW - timedelta(hours=hour)
        readings += pair(at, 3600.0, 0.0)
    for number in range(40):
        readings += pair(NOW - timedelta(seconds=15 * (number + 1)), 15.0, 0.5)
    found = standing(readings)
    assert found.attained == pytest.approx(1 - 300 / (86400 + 600))


def pair(at: datetime, seconds: float, bad: float) -> list[Reading]:
    return [
        Reading(metric=metric, value=value, unit="count", subject="serve", at=at, seconds=seconds)
        for metric, value in ((EVENTS, 1.0), (GOOD, 1.0 - bad))
    ]
