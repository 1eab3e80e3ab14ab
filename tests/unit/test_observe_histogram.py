"""Percentiles out of histograms."""

from __future__ import annotations

from math import inf

import pytest

from fullcycle.observe.histogram import BOUNDS, histogram, percentile, together

SPREAD = {0.1: 10, 0.5: 30, 1.0: 40, inf: 40}


@pytest.mark.parametrize(
    ("percent", "seconds"),
    [(0, 0.0), (12.5, 0.05), (25, 0.1), (50, 0.3), (75, 0.5), (87.5, 0.75), (100, 1.0)],
)
def test_responses_are_spread_evenly_between_two_bounds(percent: float, seconds: float) -> None:
    assert percentile({}, SPREAD, percent) == pytest.approx(seconds)


def test_only_what_came_between_two_looks_counts() -> None:
    after = {0.1: 10, 0.5: 30, 1.0: 140, inf: 140}
    assert percentile(SPREAD, after, 50) == pytest.approx(0.75)
    assert percentile({}, after, 50) == pytest.approx(0.5 + 0.5 * 40 / 110)


def test_without_responses_there_is_no_percentile() -> None:
    assert percentile({}, {}, 95) is None
    assert percentile(SPREAD, SPREAD, 95) is None
    assert percentile({}, histogram([0] * (len(BOUNDS) + 1)), 95) is None


def test_what_is_beyond_all_bounds_takes_at_least_the_highest() -> None:
    assert percentile({}, {0.1: 0, 0.5: 0, inf: 3}, 50) == 0.5
    assert percentile({}, {0.1: 1, 0.5: 1, inf: 3}, 99) == 0.5


def test_counters_that_fell_begin_anew() -> None:
    assert percentile({0.1: 50, 1.0: 90, inf: 90}, {0.1: 0, 1.0: 4, inf: 4}, 50) == pytest.approx(
        0.55
    )


def test_empty_buckets_below_are_skipped() -> None:
    assert percentile({}, {0.1: 0, 0.5: 0, 1.0: 2, inf: 2}, 50) == pytest.approx(0.75)


def test_a_replica_that_was_not_there_before_counts_whole() -> None:
    assert percentile({}, {0.1: 4, inf: 4}, 50) == pytest.approx(0.05)


def test_the_order_of_the_bounds_does_not_matter() -> None:
    assert percentile({}, dict(reversed(SPREAD.items())), 50) == pytest.approx(0.3)


def test_histograms_of_replicas_are_added() -> None:
    assert together([SPREAD, {0.1: 1, 0.5: 1, 1.0: 1, inf: 5}]) == {
        0.1: 11,
        0.5: 31,
        1.0: 41,
        inf: 45,
    }
    assert together([SPREAD, {}]) == SPREAD
    assert together([]) == {}


def test_a_histogram_is_made_of_counts_beyond_each_bound() -> None:
    beyond = [5, 4, 4, 3] + [1] * (len(BOUNDS) - 3)
    made = histogram(beyond)
    assert tuple(made) == (*BOUNDS, inf)
    assert [made[bound] for bound in (0.005, 0.01, 0.025, 0.05, 30.0, inf)] == [1, 1, 2, 4, 4, 5]
