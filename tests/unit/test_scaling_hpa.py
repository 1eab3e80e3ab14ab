"""The formula of Kubernetes' Horizontal Pod Autoscaler."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fullcycle.model import Reading
from fullcycle.scaling.hpa import recommend, wanted
from fullcycle.scaling.samples import samples
from fullcycle.settings.schema import Autoscale


def policy(**target: float) -> Autoscale:
    return Autoscale(min=1, max=10, target=target)


@pytest.mark.parametrize(
    ("current", "values", "expected"),
    [
        (3, [60, 60, 60], 3),
        (3, [65, 66, 64], 3),
        (3, [55, 54, 56], 3),
        (3, [90, 90, 90], 5),
        (2, [120, 120], 4),
        (4, [30, 30, 30, 30], 2),
        (4, [10, 10, 10, 10], 1),
        (1, [0], 0),
    ],
)
def test_replicas_follow_the_ratio_of_value_and_target(
    current: int, values: list[float], expected: int
) -> None:
    assert wanted(current, values, 60, 0.1) == expected


def test_a_ratio_that_is_whole_is_not_rounded_up() -> None:
    assert wanted(1, [0.6], 0.2, 0.1) == 3
    assert wanted(3, [1.1, 1.1, 1.1], 1.0, 0.1) == 3


@pytest.mark.parametrize(
    ("current", "values", "expected"),
    [
        (4, [90, 90], 4),  # ×1.5, but the silent two count as idle: 0.75 turns the direction
        (4, [300, 300], 10),  # ×5, with two idle ones ×2.5
        (4, [30, 30], 3),  # ×0.5, with two on target ×0.75
        (4, [55, 55], 4),
        (4, [60, 60], 4),
        (10, [50] * 8, 9),  # ×0.83, with two on target ×0.87
    ],
)
def test_replicas_without_a_value_make_the_change_smaller(
    current: int, values: list[float], expected: int
) -> None:
    assert wanted(current, values, 60, 0.1) == expected


def test_without_any_value_nothing_is_asked_for() -> None:
    assert wanted(4, [], 60, 0.1) is None


def test_the_metric_that_asks_for_most_decides() -> None:
    advice = recommend(2, {"cpu": [30, 30], "requests": [100, 100]}, policy(cpu=60, requests=50))
    assert advice.replicas == 4
    assert advice.reason == "requests is 100 per replica, its target 50"


def test_a_metric_without_readings_forbids_scaling_down_and_allows_scaling_up() -> None:
    both = policy(cpu=60, requests=50)
    assert recommend(4, {"cpu": [10] * 4}, both).replicas == 4
    assert "not fewer without readings of requests" in recommend(4, {"cpu": [10] * 4}, both).reason
    assert recommend(4, {"cpu": [90] * 4}, both).replicas == 6
    assert recommend(4, {}, both).replicas == 4


@pytest.mark.parametrize(("load", "replicas"), [(600, 10), (1, 2)])
def test_the_policys_limits_hold(load: float, replicas: int) -> None:
    limited = Autoscale(min=2, max=10, target={"cpu": 60.0})
    advice = recommend(3, {"cpu": [load] * 3}, limited)
    assert advice.replicas == replicas
    assert f"{replicas} is the" in advice.reason


def test_an_environment_that_runs_nothing_is_left_alone() -> None:
    assert recommend(0, {}, policy(cpu=60)).replicas == 0


def test_readings_become_percent_and_requests_per_second() -> None:
    at = datetime.now(UTC)
    read = [
        Reading(metric=metric, value=value, unit="count", subject=subject, at=at)
        for metric, value, subject in (
            ("cpu_ratio", 0.5, "a"),
            ("cpu_ratio", 0.9, "host"),
            ("memory_bytes", 256, "a"),
            ("memory_total_bytes", 1024, "host"),
            ("requests_per_second", 12, "a"),
        )
    ]
    assert samples(read) == {"cpu": [50.0], "memory": [25.0], "requests": [12]}
    assert "memory" not in samples(read[:3])
