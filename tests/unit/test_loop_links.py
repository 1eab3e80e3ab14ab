"""Chains: what waits for what, and what a failure stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fullcycle.errors import UsageError
from fullcycle.loop import spelled
from fullcycle.loop.layout import graph
from fullcycle.loop.links import Group, Link, each, parse
from fullcycle.model import Result
from fullcycle.pipeline.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.pipeline.step import Step

TASKS = frozenset("abcdef")


def no_project(_: str | None) -> Any:
    raise AssertionError


def steps(*links: Any, **chains: Any) -> dict[str, Step]:
    opened = parse("mine", links, chains, TASKS)
    return {step.name: step for step in graph(opened, no_project, _command)}


def _command(words: Sequence[str]) -> tuple[str, ...]:
    return ("invoke", *words)


def ran(made: dict[str, Step], *failing: str) -> list[str]:
    """The steps that get their turn when some of them fail."""
    schedule = Schedule(list(made.values()))
    order: list[str] = []
    while True:
        list(schedule.blocked())
        turn = list(schedule.ready())
        if not turn:
            return order
        for step in turn:
            order.append(step.name)
            schedule.end(step.name, Result.FAILURE if step.name in failing else Result.SUCCESS)


def test_a_link_waits_for_those_before_it() -> None:
    made = steps("a", "b", "c")

    assert made["c"].needs == {"a", "b"}


def test_links_of_a_group_do_not_wait_for_each_other() -> None:
    made = steps("a", ["b", "c"], "d")

    assert made["b"].needs == made["c"].needs == {"a"}
    assert made["d"].needs == {"a", "b", "c"}


def test_a_chain_in_a_group_keeps_its_order() -> None:
    made = steps(["row", "c"], "d", row=["a", "b"])

    assert made["b"].needs == {"a"}
    assert made["c"].needs == frozenset()
    assert made["d"].needs == {"a", "b", "c"}


def test_a_chain_with_a_group_may_be_a_link() -> None:
    made = steps("checks", "c", checks=[["a", "b"]])

    assert made["a"].needs == made["b"].needs == frozenset()
    assert made["c"].needs == {"a", "b"}


def test_a_failure_stops_the_links_after_it() -> None:
    assert ran(steps("a", "b", "c"), "a") == ["a"]


def test_the_others_of_a_group_go_on_when_one_fails() -> None:
    assert ran(steps(["a", "b"], "c"), "a") == ["a", "b"]


def test_a_link_that_always_runs_comes_last_whatever_happened() -> None:
    made = steps("a", "b", {"run": "c", "always": True})

    assert ran(made, "a") == ["a", "c"]
    assert ran(made) == ["a", "b", "c"]


def test_a_failure_that_may_be_passed_does_not_stop_the_links_after_it() -> None:
    made = steps("a", {"run": "b", "continue": True}, "c")

    assert ran(made, "b") == ["a", "b", "c"]
    assert ran(made, "a") == ["a"]
    assert made["c"].after == {"b"}


def test_a_chain_that_may_be_passed_still_stops_at_its_own_failure() -> None:
    made = steps({"run": "row", "continue": True}, "c", row=["a", "b"])

    assert ran(made, "a") == ["a", "c"]


def test_a_chain_that_always_runs_does_so_with_all_its_links() -> None:
    made = steps("a", {"run": "tidy", "always": True}, tidy=["b", "c"])

    assert ran(made, "a", "b") == ["a", "b", "c"]


def test_members_of_a_group_may_be_passed_or_run_always() -> None:
    made = steps(["a", {"run": "b", "continue": True}], "c", {"run": "d", "always": True})

    assert ran(made, "b") == ["a", "b", "c", "d"]
    assert ran(made, "a") == ["a", "b", "d"]


def test_a_task_keeps_its_arguments() -> None:
    (link,) = parse("mine", ["a --size 'very big'"], {}, TASKS)

    assert link == Link(name="a", arguments=("--size", "very big"))


def test_the_environment_of_a_chain_is_that_of_its_links_in_groups_too() -> None:
    opened = parse("mine", ["out staging"], {"out": [["deploy", "monitor production"]]}, TASKS)

    assert isinstance(opened[0], Group)
    assert [link.environment for link in each(opened)] == ["staging", "production"]


@pytest.mark.parametrize(
    ("links", "words"),
    [
        (["bild"], "'bild' is no stage, chain or task"),
        ([["a", "bild"]], "'bild' is no stage, chain or task"),
        ([{"run": "bild"}], "'bild' is no stage, chain or task"),
        ([["mine"]], "contains itself: mine → mine"),
    ],
)
def test_a_mistake_is_found_before_anything_runs(links: list[Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse("mine", links, {"mine": links}, TASKS)


def test_links_are_spelled_as_they_are_written() -> None:
    assert spelled([["a", {"run": "b"}], "c", {"run": "d"}]) == "[a, b], c, d"
