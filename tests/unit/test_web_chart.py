"""How readings become charts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from math import nan
from typing import Any

import pytest

from fullcycle.dashboard import charts
from fullcycle.pipeline.readings import Frame
from fullcycle.web.chart import HEIGHT, SPANS, WIDTH, ceiling, chart

SINCE, UNTIL = 1_000_000.0, 1_003_600.0


def frame(at: float, metric: str = "cpu_ratio", unit: str = "ratio", **values: float) -> Frame:
    return Frame(metric, unit, SINCE + at, 0.0, values)


def sections(frames: list[Frame], subject: str = "") -> Any:
    since, until = (datetime.fromtimestamp(at, UTC) for at in (SINCE, UNTIL))
    return charts.sections(frames, since, until, subject)


def test_a_line_goes_from_the_left_to_the_right_and_a_high_value_is_high() -> None:
    made = chart([frame(0, r1=0.0), frame(20, r1=0.5), frame(3600, r1=1.0)], SINCE, UNTIL)
    assert made
    assert made.line == f"M0.0 {HEIGHT}h0L5.6 {HEIGHT / 2}M{WIDTH} 0.0h0"
    assert made.band == ""
    assert made.heights == ("100.0 %", "50.0 %", "0.0 %")


def test_many_subjects_are_a_mean_in_a_band() -> None:
    made = chart([frame(0, r1=0.2, r2=0.8)], SINCE, UNTIL)
    assert made
    assert (made.points[0].low, made.points[0].mean, made.points[0].high) == (0.2, 0.5, 0.8)
    assert made.band == "M0.0 40.0L0.0 160.0Z"
    assert made.said(made.points[0]) == "50.0 % (20.0 % to 80.0 %)"


def test_more_values_than_the_chart_is_wide_keep_their_peak() -> None:
    frames = [frame(at, r1=9.0 if at == 1234 else 1.0) for at in range(3600)]
    made = chart(frames, SINCE, UNTIL)
    assert made
    assert len(made.points) == SPANS
    assert max(point.high for point in made.points) == 9
    assert made.heights[0] == "1000.0 %"


def test_a_chart_without_numbers_is_none() -> None:
    assert chart([], SINCE, UNTIL) is None
    assert chart([frame(0, r1=nan), frame(-5, r1=1.0), frame(4000, r1=1.0)], SINCE, UNTIL) is None


def test_who_points_at_a_chart_reads_time_and_value() -> None:
    made = chart([frame(1800, r1=0.25)], SINCE, UNTIL)
    assert made
    assert made.readout == f"500.0|{SINCE + 1800:.0f}|25.0 %"


def test_the_table_has_a_few_rows_and_begins_with_the_newest() -> None:
    made = chart([frame(at, r1=float(at)) for at in range(0, 3600, 20)], SINCE, UNTIL)
    assert made
    assert made.rows[0] == made.points[-1]
    assert 6 < len(made.rows) <= 12


@pytest.mark.parametrize(
    ("value", "unit", "top"),
    [(0.0, "ratio", 1), (0.3, "ratio", 0.5), (97, "count", 100), (100, "count", 100)],
)
def test_the_upper_edge_is_a_round_value(value: float, unit: str, top: float) -> None:
    assert ceiling(value, unit) == pytest.approx(top)


def test_bytes_are_round_in_binary() -> None:
    assert ceiling(300 * 2**20, "bytes") == 512 * 2**20


def test_charts_come_by_kind_and_counters_not_at_all() -> None:
    shown = sections(
        [
            frame(0, "cpu_ratio", host=0.5, r1=0.25),
            frame(0, "up", "count", **{"http://a/": 0.0, "r1": 1.0}),
            frame(0, "requests_total", "count", r1=7),
            frame(0, "requests_per_second", "count", app=2.0),
            frame(0, "slo_events_per_second", "count", reachable=1.0),
        ]
    )
    found = {each.kind: [(s.metric, s.latest) for s in each.series] for each in shown}
    assert found == {
        "app": [("requests_per_second", "2")],
        "replica": [("up", "up"), ("cpu_ratio", "25.0 %")],
        "endpoint": [("up", "1 subject down")],
        "host": [("cpu_ratio", "50.0 %")],
    }


def test_one_subject_can_be_looked_at_alone() -> None:
    (section,) = sections([frame(0, r1=0.25, r2=0.75)], "r2")
    (series,) = section.series
    assert (series.subjects, series.latest) == (1, "75.0 %")


def test_every_time_that_can_be_chosen_has_few_enough_stored_values() -> None:
    for span in charts.RANGES.values():
        assert re.fullmatch(r"\d+[hd]", span.name)
        assert span.length.total_seconds() / (span.step or 15) <= 300
