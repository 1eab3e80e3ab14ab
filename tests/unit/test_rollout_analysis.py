"""What the figures of a new version mean, and how heavy its replicas have to be."""

from __future__ import annotations

from math import inf

import pytest

from fullcycle.providers import Analysis, RouteStatistics
from fullcycle.rollout.analysis import Figures, between, certain_fault, faults, lacking
from fullcycle.rollout.shares import replicas_for, weights

STRICT = Analysis(error_rate=0.01, min_requests=20)
QUICK = {0.1: 90, 0.5: 100, inf: 100}
SLOW = {0.1: 10, 0.5: 100, inf: 100}


def counted(
    name: str, requests: int, errors: int = 0, latencies: dict[float, int] | None = None
) -> RouteStatistics:
    return RouteStatistics(
        replica=name,
        up=True,
        weight=100,
        sessions=0,
        requests=requests,
        errors=errors,
        response_seconds=None,
        latencies=latencies or {},
    )


def test_only_what_was_counted_in_between_is_looked_at() -> None:
    before = [counted("a", 100, 50, {0.1: 50, inf: 100}), counted("b", 10)]
    after = [counted("a", 140, 51, {0.1: 89, inf: 140}), counted("b", 30)]
    assert between(before, after) == Figures(60, 1, {0.1: 39, inf: 40})


def test_a_replica_that_came_later_counts_from_its_beginning() -> None:
    assert between([], [counted("a", 7, 2)]) == Figures(7, 2)


def test_counters_that_fell_have_begun_anew() -> None:
    assert between([counted("a", 1000, 9)], [counted("a", 5, 1)]) == Figures(5, 1)


def test_too_many_failures_are_told_with_their_figures() -> None:
    assert faults(Figures(240, 12), STRICT) == [
        "12 of 240 requests failed (5.0 %), at most 1 % may"
    ]


def test_as_many_failures_as_may_be_are_no_fault() -> None:
    assert faults(Figures(200, 2), STRICT) == []
    assert faults(Figures(200, 3), STRICT)


def test_without_a_limit_nothing_is_too_much_and_no_data_lacks() -> None:
    assert faults(Figures(100, 100), Analysis()) == []
    assert certain_fault(Figures(100, 100), Analysis()) == ""
    assert lacking(Figures(), Analysis(min_requests=20)) == ""


def test_a_slow_percentile_is_told_with_its_figures() -> None:
    limits = Analysis(percentiles={50: 0.2, 95: 1.0})
    assert faults(Figures(100, 0, SLOW), limits) == [
        "p50 of 100 requests is 0.278 s, at most 0.2 s may be"
    ]
    assert faults(Figures(100, 0, QUICK), limits) == []


def test_fewer_requests_than_needed_are_no_data_and_no_fault() -> None:
    few = Figures(19, 19)
    assert faults(few, STRICT) == []
    assert certain_fault(few, STRICT) == ""
    assert lacking(few, STRICT) == "19 requests, at least 20 are needed"
    assert lacking(Figures(20), STRICT) == ""


def test_a_router_that_counts_no_times_gives_no_data_about_percentiles() -> None:
    assert lacking(Figures(100), Analysis(percentiles={95: 1.0}))
    assert not lacking(Figures(100, 0, QUICK), Analysis(percentiles={95: 1.0}))


@pytest.mark.parametrize(
    ("requests", "errors", "certain"),
    [(20, 20, True), (240, 12, True), (20, 1, False), (100, 2, False), (10_000, 200, True)],
)
def test_a_fault_is_certain_when_chance_cannot_explain_it(
    requests: int, errors: int, *, certain: bool
) -> None:
    assert bool(certain_fault(Figures(requests, errors), STRICT)) is certain


def test_where_none_may_fail_the_first_failure_is_certain() -> None:
    none = Analysis(error_rate=0.0, min_requests=20)
    assert certain_fault(Figures(20, 1), none)
    assert not certain_fault(Figures(20, 0), none)


@pytest.mark.parametrize("percent", [1, 5, 10, 25, 33, 50, 75, 90, 99])
@pytest.mark.parametrize("new", [1, 2, 5])
@pytest.mark.parametrize("old", [1, 3, 10, 20])
def test_weights_give_the_percentage_whatever_the_numbers_are(
    percent: int, new: int, old: int
) -> None:
    heavy, light = weights(percent, new, old)
    assert 1 <= heavy <= 100
    assert 1 <= light <= 100
    share = new * heavy / (new * heavy + old * light)
    least, most = new / (new + 100 * old), 100 * new / (100 * new + old)
    nearest = min(max(percent / 100, least), most)
    assert share == pytest.approx(nearest, rel=0.05)


@pytest.mark.parametrize(
    ("percent", "replicas", "needed"), [(1, 3, 1), (10, 3, 1), (50, 3, 2), (99, 4, 4), (10, 20, 2)]
)
def test_as_many_replicas_as_the_percentage_needs(percent: int, replicas: int, needed: int) -> None:
    assert replicas_for(percent, replicas) == needed
