"""One decision: limits, stabilisation, rates and peaks around what the metrics ask for."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fullcycle.model import Behaviour, Peak, Rate, ScalingPolicy
from fullcycle.scaling.behaviour import Memory, paced, span, steady
from fullcycle.scaling.decide import Verdict, decide
from fullcycle.scaling.hpa import Fleet, Sample
from fullcycle.scaling.peaks import Limits, limits_at

POLICY = ScalingPolicy(min=1, max=1000, target={"cpu": 50.0})
DEFAULT_UP = POLICY.up


def memory(
    asked: dict[float, int] | None = None, changed: dict[float, int] | None = None
) -> Memory:
    made = Memory()
    made.asked.extend((asked or {}).items())
    made.changed.extend((changed or {}).items())
    return made


def rates(select: str = "max", **period: Rate) -> Behaviour:
    return Behaviour(rates=tuple(period.values()), select=select)  # type: ignore[arg-type]


TEN_PERCENT = Rate(amount=10, unit="percent", period=60)
FIVE = Rate(amount=5, period=60)
FOUR = Rate(amount=4, period=60)


@pytest.mark.parametrize(
    ("way", "current", "changed", "expected"),
    [
        # kubernetes.io, "Scaling policies": of 4 pods a minute and 10 percent a minute, 10 percent
        # counts while there are more than 40
        (rates(a=FOUR, b=TEN_PERCENT), 80, {}, 72),
        (rates(a=FOUR, b=TEN_PERCENT), 72, {}, 64),
        (rates(a=FOUR, b=TEN_PERCENT), 37, {}, 33),
        # "Example: limit scale down rate": 10 percent; at most 5 with select Min; Disabled
        (rates(a=TEN_PERCENT), 100, {}, 90),
        (rates("min", a=TEN_PERCENT, b=FIVE), 100, {}, 95),
        (rates("min", a=TEN_PERCENT, b=FIVE), 40, {}, 36),
        (rates("disabled", a=TEN_PERCENT), 100, {}, 100),
        (rates(), 100, {}, 1),
        # what was removed within the period counts against it
        (rates(a=TEN_PERCENT), 95, {70.0: -5}, 90),
        (rates(a=TEN_PERCENT), 90, {70.0: -10}, 90),
        (rates(a=TEN_PERCENT), 90, {30.0: -10}, 81),
        (rates(a=FOUR), 5, {}, 1),
    ],
)
def test_replicas_are_removed_no_faster_than_the_rates_allow(
    way: Behaviour, current: int, changed: dict[float, int], expected: int
) -> None:
    policy = replace(POLICY, down=way)
    assert paced(current, 1, policy, memory(changed=changed), 100.0) == expected


@pytest.mark.parametrize(
    ("way", "current", "changed", "expected"),
    [
        (DEFAULT_UP, 1, {}, 5),  # 100 percent or 4 in 15 seconds, whatever is more
        (DEFAULT_UP, 3, {}, 7),
        (DEFAULT_UP, 8, {}, 16),
        (DEFAULT_UP, 16, {90.0: 8}, 16),
        (DEFAULT_UP, 16, {84.0: 8}, 32),
        (rates("min", a=FOUR, b=Rate(amount=50, unit="percent", period=60)), 4, {}, 6),
        (rates(a=TEN_PERCENT), 1, {}, 2),  # rounded up, or it would never grow
        (rates("disabled"), 3, {}, 3),
        (rates(), 3, {}, 100),
        (rates(a=FOUR), 6, {70.0: 4, 80.0: -2}, 8),  # 4 were there when the minute began
    ],
)
def test_replicas_are_added_no_faster_than_the_rates_allow(
    way: Behaviour, current: int, changed: dict[float, int], expected: int
) -> None:
    assert paced(current, 100, replace(POLICY, up=way), memory(changed=changed), 100.0) == expected


def test_fewer_replicas_are_the_most_that_were_asked_for_within_the_window() -> None:
    asked = memory({100.0: 9, 250.0: 6, 390.0: 4})
    assert steady(10, 2, POLICY, asked, 399.0) == 9
    assert steady(10, 2, POLICY, asked, 400.0) == 6
    assert steady(5, 2, POLICY, asked, 400.0) == 5
    assert steady(10, 2, POLICY, asked, 700.0) == 2


def test_more_replicas_are_the_fewest_that_were_asked_for_within_the_window() -> None:
    careful = replace(POLICY, up=Behaviour(stabilisation=60))
    asked = memory({40.0: 2, 70.0: 7})
    assert steady(3, 9, careful, asked, 99.0) == 3
    assert steady(3, 9, careful, asked, 100.0) == 7
    assert steady(3, 9, POLICY, asked, 99.0) == 9


def test_memory_forgets_what_no_rule_looks_at_any_more() -> None:
    made = Memory()
    for second in range(0, 3600, 15):
        made.note(second, second // 15 % 3, 1 if second % 60 == 0 else 0, span(POLICY))
    assert span(POLICY) == 300
    assert all(at > 3585 - 300 for at, _ in [*made.asked, *made.changed])
    assert len(made.asked) == 20


def look(
    current: int, load: float, policy: ScalingPolicy = POLICY, limits: Limits | None = None
) -> Verdict:
    return decide(
        Fleet(current, current),
        {"cpu": Sample(load * current, current)},
        policy=policy,
        limits=limits or Limits(policy.min, policy.max),
        memory=Memory(),
        now=0.0,
    )


def test_a_decision_says_what_was_asked_for_what_it_is_and_why() -> None:
    assert look(2, 90) == (4, 4, "cpu is 90% per replica, its target 50%")
    capped = look(2, 500, replace(POLICY, max=8))
    assert (capped.asked, capped.replicas) == (8, 6)
    assert capped.reason == (
        "cpu is 500% per replica, its target 50%; 8 is the most; the rates allow 6 now, 8 are"
        " asked for"
    )


def test_outside_of_the_limits_the_nearest_within_them_is_taken_at_once() -> None:
    assert look(50, 500, replace(POLICY, max=8)) == (None, 8, "50 are wanted; 8 is the most")
    assert look(1, 0, replace(POLICY, min=3)).replicas == 3


def test_an_environment_that_runs_nothing_is_left_alone() -> None:
    assert look(0, 0) == (None, 0, "nothing runs")


def test_without_readings_it_holds_and_nothing_is_remembered_as_asked_for() -> None:
    held = decide(Fleet(4, 4), {}, policy=POLICY, limits=Limits(1, 9), memory=Memory(), now=0.0)
    assert held == (None, 4, "no readings of cpu")


BERLIN = Peak(
    name="sale", cron="0 8 * * MON-FRI", minutes=120, min=6, max=20, timezone="Europe/Berlin"
)
NIGHT = Peak(name="night", cron="0 22 * * *", minutes=480, max=2)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-07-06T05:59", Limits(3, 10)),  # Monday; Berlin is 2 hours ahead
        ("2026-07-06T06:00", Limits(6, 20, "sale")),
        ("2026-07-06T07:59", Limits(6, 20, "sale")),
        ("2026-07-06T08:00", Limits(3, 10)),
        ("2026-12-07T07:00", Limits(6, 20, "sale")),  # winter: 1 hour ahead
        ("2026-12-07T06:30", Limits(3, 10)),
        ("2026-07-05T06:30", Limits(3, 10)),  # Sunday
        ("2026-07-05T23:00", Limits(2, 2, "night")),  # its max lowers the usual min
        ("2026-07-06T05:29", Limits(2, 2, "night")),
    ],
)
def test_a_peak_changes_the_limits_while_it_lasts(when: str, expected: Limits) -> None:
    policy = ScalingPolicy(min=3, max=10, peaks=(BERLIN, replace(NIGHT, minutes=450)))
    assert limits_at(policy, datetime.fromisoformat(when).replace(tzinfo=UTC)) == expected


def test_of_peaks_that_overlap_the_greatest_limits_hold() -> None:
    policy = ScalingPolicy(
        min=1, max=4, peaks=(replace(BERLIN, max=None, timezone="UTC"), replace(BERLIN, min=9))
    )
    monday = datetime(2026, 7, 6, 8, 30, tzinfo=UTC)
    assert limits_at(policy, monday) == Limits(6, 6, "sale")
    both = replace(policy, peaks=(*policy.peaks, replace(NIGHT, cron="0 8 * * *", max=3)))
    assert limits_at(both, monday) == Limits(6, 6, "sale, night")


def test_whatever_is_measured_the_number_stays_within_its_limits_and_rates() -> None:
    chance = random.Random(4)
    policy = ScalingPolicy(min=2, max=30, target={"cpu": 50.0})
    remembered, current, history = Memory(), 2, [2]
    for step in range(3000):
        now = step * 15.0
        samples = {"cpu": Sample(chance.uniform(0, 200) * current, current)}
        verdict = decide(
            Fleet(current, current),
            samples if chance.random() < 0.9 else {},
            policy=policy,
            limits=Limits(policy.min, policy.max),
            memory=remembered,
            now=now,
        )
        assert policy.min <= verdict.replicas <= policy.max
        assert verdict.replicas <= max(2 * current, current + 4)
        if verdict.replicas < current:
            assert all(n <= verdict.replicas for at, n in remembered.asked if at > now - 300)
        remembered.note(now, verdict.asked, verdict.replicas - current, span(policy))
        current = verdict.replicas
        history.append(current)
    assert len(set(history)) > 3


def test_a_steady_load_comes_to_rest_and_never_swings() -> None:
    for total in range(10, 2000, 37):
        current, remembered, seen = 1, Memory(), []
        for step in range(60):
            verdict = decide(
                Fleet(current, current),
                {"cpu": Sample(total, current)},
                policy=POLICY,
                limits=Limits(1, 1000),
                memory=remembered,
                now=step * 15.0,
            )
            remembered.note(step * 15.0, verdict.asked, verdict.replicas - current, span(POLICY))
            current = verdict.replicas
            seen.append(current)
        assert seen == sorted(seen), total
        assert len(set(seen[30:])) == 1, total
        assert total / current <= 50 * 1.1 + 1e-9


def test_the_night_that_comes_is_not_there_yet() -> None:
    policy = ScalingPolicy(min=3, max=10, peaks=(NIGHT,))
    begin = datetime(2026, 7, 6, 22, tzinfo=UTC)
    assert limits_at(policy, begin - timedelta(seconds=1)) == Limits(3, 10)
    assert limits_at(policy, begin).peaks == "night"
