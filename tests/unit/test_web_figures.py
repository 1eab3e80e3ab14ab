"""How durations, amounts and charts are made out of values."""

from __future__ import annotations

from datetime import timedelta
from math import nan

import pytest

from dashboard_project import NOW, failed_run, run, running_run, step
from fullcycle.model import DeploymentStatus, Result
from fullcycle.web.figures import HEIGHT, timeline, trend
from fullcycle.web.states import DEPLOYMENTS, RESULTS
from fullcycle.words import amount, duration, utc


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 ms"),
        (0.0042, "4.2 ms"),
        (0.42, "420 ms"),
        (0.9996, "1.0 s"),
        (9.94, "9.9 s"),
        (9.97, "10 s"),
        (59.7, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3599.7, "1 h 00 min"),
        (3840, "1 h 04 min"),
        (273600, "3 d 4 h"),
    ],
)
def test_a_duration_is_said_in_the_units_a_person_would_use(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.156, "ratio", "15.6 %"),
        (512, "bytes", "512 B"),
        (48 * 2**20, "bytes", "48.0 MiB"),
        (3 * 2**50, "bytes", "3072.0 TiB"),
        (0.003, "seconds", "3 ms"),
        (10679, "count", "10,679"),
        (1.25, "count", "1.25"),
        (nan, "ratio", "–"),
    ],
)
def test_an_amount_is_said_in_its_unit(value: float, unit: str, said: str) -> None:
    assert amount(value, unit) == said


def test_every_result_and_every_deployment_status_has_a_word_and_a_symbol() -> None:
    assert set(RESULTS) == set(Result)
    assert set(DEPLOYMENTS) == set(DeploymentStatus)


def test_a_moment_without_a_time_zone_counts_as_utc() -> None:
    assert utc(NOW.replace(tzinfo=None)) == NOW


def test_steps_that_ran_at_the_same_time_are_in_different_lanes() -> None:
    made = failed_run()
    assert made.finished
    shown = timeline(made, made.finished, {})
    lanes = {bar.step: bar.lane for bar in shown.bars}
    assert lanes["code.lint"] != lanes["code.types"]
    assert lanes["build"] != lanes["test.unit"]
    assert shown.lanes == 2


def test_a_bar_lies_where_its_step_was_on_the_time_axis() -> None:
    made = failed_run()
    assert made.finished
    bars = {bar.step: bar for bar in timeline(made, made.finished, {}).bars}
    assert bars["plan"].left == 0
    assert bars["test.unit"].left == pytest.approx(7 / 19 * 100, abs=0.01)
    assert bars["test.unit"].width == pytest.approx(12 / 19 * 100, abs=0.01)
    assert "release" not in bars, "a skipped step took no time"


def test_a_running_step_reaches_until_now() -> None:
    bars = {bar.step: bar for bar in timeline(running_run(), NOW, {}).bars}
    assert bars["build"].left + bars["build"].width == pytest.approx(100)
    assert bars["build"].seconds == "8.0 s"


def test_a_clock_that_was_set_back_makes_no_bar_outside_of_the_chart() -> None:
    odd = run("1", "ci", Result.SUCCESS, (step(NOW, "plan", 5, 3), step(NOW, "build", -9, -8)))
    for bar in timeline(odd, NOW - timedelta(hours=1), {}).bars:
        assert 0 <= bar.left < 100
        assert 0 < bar.width <= 100


def test_a_run_without_steps_has_an_empty_timeline() -> None:
    assert timeline(run("1", "ci", Result.ERROR, ()), NOW, {}).bars == ()


@pytest.mark.parametrize("seconds", [0.01, 0.5, 3, 19, 61, 700, 4000, 90000, 9e6])
def test_a_time_axis_has_a_handful_of_marks(seconds: float) -> None:
    made = run("1", "ci", Result.SUCCESS, (step(NOW, "plan", 0, seconds),))
    ticks = timeline(made, NOW, {}).ticks
    assert 1 <= len(ticks) <= 8
    assert len({tick.label for tick in ticks}) == len(ticks)


@pytest.mark.parametrize("values", [(1.0,), (0.0, 0.0), tuple(float(n) for n in range(100))])
def test_every_trend_stays_in_its_box(values: tuple[float, ...]) -> None:
    figure = trend(values)
    points = figure.line.removeprefix("M").split(" L")
    assert len(points) == len(values)
    for point in points:
        x, y = map(float, point.split())
        assert 0 <= x <= 100
        assert 0 <= y <= HEIGHT
