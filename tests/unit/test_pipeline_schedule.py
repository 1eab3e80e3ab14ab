"""Whose turn it is."""

from __future__ import annotations

import pytest

from fullcycle.errors import UsageError
from fullcycle.model import Result
from fullcycle.pipeline.graph import expand, select, validate
from fullcycle.pipeline.schedule import Schedule, remaining
from fullcycle.pipeline.step import Command, Step


def step(name: str, *needs: str, uses: tuple[str, ...] = ()) -> Step:
    return Step(name=name, action=Command(run="true"), needs=frozenset(needs), uses=frozenset(uses))


def simulate(steps: list[Step], seconds: dict[str, float], jobs: int) -> tuple[float, list[str]]:
    """How long the schedule takes on so many workers, and the order in which steps started."""
    schedule = Schedule(steps, seconds)
    now, running, started = 0.0, dict[str, float](), list[str]()
    while True:
        if len(running) < jobs:
            for each in schedule.ready():
                running[each.name] = now + seconds[each.name]
                started.append(each.name)
                if len(running) >= jobs:
                    break
        if not running:
            return now, started
        name = min(running, key=lambda each: running[each])
        now = running.pop(name)
        schedule.end(name, Result.SUCCESS)


def test_the_longest_remaining_path_goes_first() -> None:
    steps = [step("a"), step("b"), step("c"), step("d"), step("long"), step("end", "long")]
    seconds = {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0, "long": 2.0, "end": 2.0}
    took, order = simulate(steps, seconds, jobs=2)
    assert order[0] == "long"
    assert took == 4.0


def test_what_is_over_in_a_moment_goes_before_the_longest_path() -> None:
    steps = [step("long"), step("end", "long"), step("other"), step("lint")]
    seconds = {"long": 60.0, "end": 5.0, "other": 9.0, "lint": 0.1}
    _, order = simulate(steps, seconds, jobs=2)
    assert order == ["lint", "long", "other", "end"]


def test_without_durations_the_longest_chain_of_steps_goes_first() -> None:
    steps = [step("a"), step("b"), step("c", "b"), step("d", "c")]
    assert [each.name for each in Schedule(steps).ready()] == ["b", "a"]


def test_equal_steps_keep_the_order_they_were_written_in() -> None:
    names = ["z", "y", "x", "w"]
    assert [each.name for each in Schedule([step(name) for name in names]).ready()] == names


def test_an_unknown_step_is_expected_to_take_as_long_as_most() -> None:
    steps = [step("new"), step("quick"), step("slow"), step("usual")]
    left = remaining(steps, {"quick": 1.0, "usual": 5.0, "slow": 60.0})
    assert left == {"new": 5.0, "quick": 1.0, "usual": 5.0, "slow": 60.0}


def test_a_step_waits_for_a_thing_that_is_in_use_and_others_go_before_it() -> None:
    schedule = Schedule(
        [step("a", uses=("docker",)), step("b", uses=("docker", "db")), step("c", uses=("db",))],
        {"a": 3.0, "b": 2.0, "c": 1.0},
    )
    assert [each.name for each in schedule.ready()] == ["a", "c"]
    schedule.end("a", Result.FAILURE)
    assert list(schedule.ready()) == []
    schedule.end("c", Result.SUCCESS)
    assert [each.name for each in schedule.ready()] == ["b"]


@pytest.mark.parametrize("tag", ["", ":2", "docker:", "docker:0", "docker:x"])
def test_a_malformed_tag_is_refused_with_its_step(tag: str) -> None:
    with pytest.raises(UsageError, match="step 'a' uses") as error:
        validate([step("a", uses=(tag,))])
    assert "docker:2" in error.value.hint


def test_steps_that_disagree_on_a_thing_are_named() -> None:
    with pytest.raises(UsageError, match=r"step 'a' uses 'db:2' and step 'b' uses 'db:3'"):
        validate([step("a", uses=("db:2",)), step("b", uses=("db:3",))])


def test_a_step_with_a_matrix_stands_for_all_of_it() -> None:
    names = ["build", "test.unit[3.11]", "test.unit[3.12]", "test.unit-slow"]
    assert expand({"build", "test.unit"}, names) == {"build", "test.unit[3.11]", "test.unit[3.12]"}
    assert expand({"test.unit[3.12]"}, names) == {"test.unit[3.12]"}
    assert expand({"gone"}, names) == {"gone"}


def test_a_step_with_a_matrix_can_be_chosen_whole_or_in_part() -> None:
    steps = [step(name) for name in ("test.unit[3.11]", "test.unit[3.12]", "test.unit-slow")]
    assert len(select(steps, only=["test.unit"]).steps) == 2
    assert len(select(steps, only=["test.unit[3.12]"]).steps) == 1
