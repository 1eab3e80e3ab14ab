"""The algorithm of Kubernetes' Horizontal Pod Autoscaler: what the metrics ask for."""

from __future__ import annotations

from itertools import product

import pytest

from fullcycle.model import ScalingPolicy
from fullcycle.scaling.hpa import Fleet, Sample, per_replica, recommend, shared, whole


def policy(**target: float) -> ScalingPolicy:
    return ScalingPolicy(min=1, max=10, target=target)


def serving(current: int, unready: int = 0) -> Fleet:
    return Fleet(current, current - unready, unready)


@pytest.mark.parametrize(
    ("current", "values", "target", "expected"),
    [
        # kubernetes.io, "Algorithm details": 200m at a target of 100m doubles, 50m halves
        (3, [200] * 3, 100, 6),
        (4, [50] * 4, 100, 2),
        # kubernetes.io, "HorizontalPodAutoscaler Walkthrough": 1 replica at 305% of 50% becomes 7
        (1, [305], 50, 7),
        # replica_calculator_test.go: TestReplicaCalcScaleUp, …ScaleDown, …Tolerance
        (3, [30, 50, 70], 30, 5),
        (5, [10, 20, 30, 40, 50], 50, 3),
        (3, [102, 101, 101], 100, 3),
        (3, [90, 100, 110], 100, 3),
        (1, [0], 60, 0),
    ],
)
def test_replicas_follow_the_ratio_of_value_and_target(
    current: int, values: list[float], target: float, expected: int
) -> None:
    sample = Sample(sum(values), len(values))
    assert per_replica(serving(current), sample, target, 0.1) == expected


def test_a_ratio_that_is_whole_is_not_rounded_up() -> None:
    assert per_replica(serving(1), Sample(0.6, 1), 0.2, 0.1) == 3
    assert per_replica(serving(3), Sample(3.3, 3), 1.0, 0.1) == 3


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
    sample = Sample(sum(values), len(values))
    assert per_replica(serving(current), sample, 60, 0.1) == expected


@pytest.mark.parametrize(
    ("unready", "values", "target", "expected"),
    [
        # replica_calculator_test.go: TestReplicaCalcScaleUpUnreadyLessScale, …NoScale
        (1, [50, 70], 30, 4),
        (2, [40], 30, 3),
        (1, [10, 10], 30, 1),  # fewer are asked for: those that start don't count
        (1, [30, 30], 30, 3),
    ],
)
def test_replicas_that_are_not_ready_count_as_idle_when_more_are_asked_for(
    unready: int, values: list[float], target: float, expected: int
) -> None:
    sample = Sample(sum(values), len(values))
    assert per_replica(serving(3, unready), sample, target, 0.1) == expected


def test_without_any_value_nothing_is_asked_for() -> None:
    assert per_replica(serving(4), Sample(0, 0), 60, 0.1) is None


def test_a_queue_is_shared_out_and_a_response_time_is_of_all_together() -> None:
    assert shared(serving(2), 100, 10, 0.1) == 10
    assert shared(serving(10), 100, 10, 0.1) == 10
    assert shared(serving(10), 0, 10, 0.1) == 0
    assert whole(serving(4), 0.75, 0.5, 0.1) == 6
    assert whole(serving(4, 2), 0.75, 0.5, 0.1) == 3
    assert whole(serving(4), 0.52, 0.5, 0.1) == 4


def test_the_metric_that_asks_for_most_decides() -> None:
    advice = recommend(
        serving(2),
        {"cpu": Sample(60, 2), "requests": Sample(200, 2), "queue": Sample(30, 1)},
        policy(cpu=60, requests=50, queue=10),
    )
    assert advice.replicas == 4
    assert advice.reason == "requests is 100/s per replica, its target 50/s"


def test_a_metric_without_readings_forbids_scaling_down_and_allows_scaling_up() -> None:
    both = policy(cpu=60, requests=50)
    down = recommend(serving(4), {"cpu": Sample(40, 4)}, both)
    assert (down.replicas, down.known) == (4, False)
    assert down.reason == "not fewer without readings of requests"
    assert recommend(serving(4), {"cpu": Sample(360, 4)}, both).replicas == 6
    assert not recommend(serving(4), {}, both).known


def test_what_is_asked_for_grows_with_the_load_and_never_turns_the_direction() -> None:
    for current, ready, measured in product(range(1, 9), range(1, 9), range(1, 9)):
        if measured > ready or ready > current:
            continue
        fleet = Fleet(current, ready, current - ready)
        asked = [per_replica(fleet, Sample(v * measured, measured), 60, 0.1) for v in range(1, 200)]
        numbers = [number for number in asked if number is not None]
        assert len(numbers) == len(asked)
        assert numbers == sorted(numbers), fleet
        assert all(n <= current for n, v in zip(numbers, range(1, 200), strict=True) if v < 60)
        assert all(n >= current for n, v in zip(numbers, range(1, 200), strict=True) if v > 60)
