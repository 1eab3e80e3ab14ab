"""Replaying traffic against a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import UsageError
from fullcycle.scaling.simulate import read_trace, simulate
from fullcycle.settings.schema import Autoscale

if TYPE_CHECKING:
    from pathlib import Path

POLICY = Autoscale(min=1, max=5, target={"cpu": 50.0})


def test_replicas_follow_the_traffic_one_minute_later() -> None:
    result = simulate([50, 100, 100, 200, 50, 50], POLICY, capacity=100)
    assert result.replicas == (1, 1, 2, 2, 4, 1)
    assert result.overloaded == ()
    assert result.replica_hours == pytest.approx(11 / 60)


def test_minutes_beyond_capacity_are_counted_with_their_requests() -> None:
    result = simulate([90, 500, 900], POLICY, capacity=100)
    assert result.replicas == (1, 2, 5)
    assert result.overloaded == (1, 2)
    assert result.lost == 300 + 400
    assert "2 minutes, 700 requests beyond capacity" in result.text


def test_requests_per_second_are_a_target_too() -> None:
    policy = Autoscale(min=1, max=5, target={"requests": 1.0})
    assert simulate([60, 180, 180], policy, capacity=100).replicas == (1, 1, 3)


def test_a_trace_is_read_from_csv(tmp_path: Path) -> None:
    file = tmp_path / "traffic.csv"
    file.write_text("minute,requests\n0,42\n1,62\n")
    assert read_trace(file) == [42, 62]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("minute,requests\n0,many\n", r"traffic.csv:2: requests should be a whole number"),
        ("a,b\n1,2\n", "needs the columns minute,requests"),
        ("minute,requests\n0,-3\n", "not '-3'"),
    ],
)
def test_a_trace_of_another_form_is_refused_with_its_line(
    tmp_path: Path, text: str, complaint: str
) -> None:
    file = tmp_path / "traffic.csv"
    file.write_text(text)
    with pytest.raises(UsageError, match=complaint):
        read_trace(file)


def test_a_trace_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the traffic trace .*nowhere.csv"):
        read_trace(tmp_path / "nowhere.csv")


def test_an_empty_trace_is_refused() -> None:
    with pytest.raises(UsageError, match="is empty"):
        simulate([], POLICY, capacity=100)
