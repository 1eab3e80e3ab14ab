from __future__ import annotations

import pytest
from looking_back import run, step

from fullcycle.model import Result
from fullcycle.review.stages import flaky, streaks, timings, waste

FAILURE = Result.FAILURE


def test_the_trend_is_the_last_against_the_median_of_those_before() -> None:
    runs = [run(n, [step("test.unit", seconds)]) for n, seconds in enumerate([2, 4, 3, 9])]
    (timing,) = timings(runs[::-1])
    assert timing.seconds == (2, 4, 3, 9)
    assert (timing.last, timing.usual, timing.trend) == (9, 3, 3)


def test_only_what_succeeded_says_how_long_a_step_takes() -> None:
    steps = [step("a", 1), step("b", 5), step("c", 9, FAILURE), step("d", 0, Result.SKIP)]
    found = timings([run(1, steps)])
    assert [timing.step for timing in found] == ["b", "a"]
    assert found[0].usual is None
    assert found[0].trend is None


def test_a_step_is_flaky_when_it_fails_and_succeeds_on_the_same_source() -> None:
    runs = [
        run(1, [step("a", result=FAILURE), step("b")], revision="1" * 40),
        run(2, [step("a"), step("b")], revision="1" * 40),
        run(3, [step("b", result=FAILURE)], revision="2" * 40),
    ]
    (found,) = flaky(runs)
    assert (found.step, found.revisions, found.retries) == ("a", ("1" * 40,), 0)


def test_a_step_that_needed_a_retry_is_flaky() -> None:
    (found,) = flaky([run(1, [step("a", attempts=3)])])
    assert (found.step, found.retries) == ("a", 2)


def test_uncommitted_changes_and_cancellations_make_nothing_flaky() -> None:
    runs = [
        run(1, [step("a", result=FAILURE)], version="1.0.0.dev1+gabc.dirty"),
        run(2, [step("a"), step("b")]),
        run(3, [step("b", result=Result.CANCELLATION)]),
    ]
    assert flaky(runs) == []


def test_a_streak_ends_with_a_success() -> None:
    runs = [
        run(1, [step("a", result=FAILURE), step("b", result=FAILURE), step("c", result=FAILURE)]),
        run(2, [step("a", result=Result.TIMEOUT, reason="too long"), step("b", result=FAILURE)]),
        run(3, [step("b")]),
    ]
    (found,) = streaks(runs)
    assert (found.step, found.times, found.reason) == ("a", 2, "too long")


def test_work_after_a_failure_and_in_cancelled_runs_is_in_vain() -> None:
    failed = run(
        1,
        [
            step("a", 2, FAILURE, begin=0),
            step("b", 5, begin=0),
            step("c", 4, begin=3),
            step("d", 1, begin=0),
        ],
        result=FAILURE,
    )
    cancelled = run(2, [step("a", 6), step("b", 2)], result=Result.CANCELLATION)
    fine = run(3, [step("a", 10)])
    found = waste([failed, cancelled, fine])
    assert found.seconds == pytest.approx(3 + 4 + 8)
    assert found.total == pytest.approx(12 + 8 + 10)
    assert found.ratio == pytest.approx(0.5)
    assert found.runs == 2


def test_without_runs_nothing_is_in_vain() -> None:
    assert waste([]).ratio == 0
