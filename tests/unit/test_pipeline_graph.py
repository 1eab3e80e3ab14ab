from __future__ import annotations

import pytest

from fullcycle.errors import UsageError
from fullcycle.pipeline.graph import ranks, select, validate
from fullcycle.pipeline.step import Command, Step


def step(name: str, *needs: str, after: tuple[str, ...] = ()) -> Step:
    return Step(
        name=name, action=Command(run="true"), needs=frozenset(needs), after=frozenset(after)
    )


STEPS = (
    step("build"),
    step("test.unit", "build"),
    step("test.web", "build"),
    step("release", "test.unit", "test.web"),
    step("tidy", after=("release",)),
)


def test_ranks_count_what_must_come_before() -> None:
    validate(STEPS)
    assert ranks(STEPS) == {"build": 0, "test.unit": 1, "test.web": 1, "release": 2, "tidy": 3}


def test_an_unknown_need_says_what_may_have_been_meant() -> None:
    with pytest.raises(UsageError, match="'test' needs 'biuld'") as error:
        validate([step("build"), step("test", "biuld")])
    assert "did you mean 'build'?" in error.value.hint


def test_a_circle_is_named() -> None:
    with pytest.raises(UsageError) as error:
        validate([step("a", "c"), step("b", "a"), step("c", after=("b",)), step("d")])
    circle = error.value.message.partition(": ")[2].split(" -> ")
    assert circle[0] == circle[-1]
    assert set(circle) == {"a", "b", "c"}


def test_a_step_that_waits_for_itself_is_a_circle() -> None:
    with pytest.raises(UsageError, match="a -> a"):
        validate([step("a", "a")])


def test_two_steps_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="two steps called 'a'"):
        validate([step("a"), step("a")])


def test_only_keeps_steps_and_stages_and_drops_their_other_needs() -> None:
    chosen = select(STEPS, only=["test", "release"])
    assert [s.name for s in chosen.steps] == ["test.unit", "test.web", "release"]
    assert chosen.steps[0].needs == frozenset()
    assert chosen.steps[2].needs == {"test.unit", "test.web"}
    assert chosen.skipped == frozenset()


def test_skip_keeps_the_steps_and_names_those_not_run() -> None:
    chosen = select(STEPS, skip=["test.web"])
    assert chosen.steps == STEPS
    assert chosen.skipped == {"test.web"}


def test_a_stage_is_no_prefix_of_another_word() -> None:
    with pytest.raises(UsageError, match="--only te"):
        select(STEPS, only=["te"])


@pytest.mark.parametrize("flag", ["only", "skip"])
def test_an_unknown_name_says_what_may_have_been_meant(flag: str) -> None:
    with pytest.raises(UsageError, match=f"--{flag} tset: there is no such step") as error:
        select(STEPS, **{flag: ["tset"]})
    assert "did you mean 'test'" in error.value.hint


def test_skipping_everything_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing is left"):
        select(STEPS, only=["test"], skip=["test"])
