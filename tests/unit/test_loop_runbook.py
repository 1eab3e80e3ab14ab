"""Runbooks as steps: their order, their requests, and when they run by themselves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from loop_bed import SHOP, Desk, Site
from rollout_platform import workload

from fullcycle.errors import LockedError, StepError, UsageError
from fullcycle.loop.deploy import roll_out
from fullcycle.loop.operate import steps as operate
from fullcycle.loop.runbook import steps
from fullcycle.loop.runbooks import alone, listed
from fullcycle.pipeline.step import Command, Retries
from hearing import Hook, hook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fullcycle.pipeline.step import Step

BOOKS = """
[runbooks.first]
on = ["deploy"]
steps = [
    { name = "look", run = "ls", timeout = 5, retries = 2, continue = true },
    { name = "count", task = "count --shelves '3 4'" },
]

[runbooks.second]
on = ["deploy", "alert"]
environments = ["test"]
steps = [{ name = "look", manual = "Look", who = "Ada", timeout = 9 }]

[runbooks.elsewhere]
on = ["deploy"]
environments = ["prod-*"]
steps = [{ name = "look", run = "ls" }]
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, SHOP + BOOKS)


@pytest.fixture
def shelf() -> Iterator[Hook]:
    with hook() as made:
        yield made


def waits(steps: list[Step]) -> list[tuple[str, set[str]]]:
    return [(step.name, set(step.needs)) for step in steps]


def test_each_step_waits_for_the_one_before_it(site: Site) -> None:
    look, count = steps(site.project(), "first")
    assert waits([look, count]) == [("first.look", set()), ("first.count", {"first.look"})]
    assert (look.timeout, look.retries, look.passable) == (5, Retries(times=2), True)
    assert isinstance(count.action, Command)
    assert count.action.run == (sys.executable, "-m", "fullcycle", "count", "--shelves", "3 4")
    assert count.describe == "count --shelves '3 4'"


def test_after_a_deployment_those_of_the_environment_follow_in_their_order(site: Site) -> None:
    assert waits(operate(site.project())) == [
        ("operate.replicas", set()),
        ("operate.first.look", {"operate.replicas"}),
        ("operate.first.count", {"operate.first.look"}),
        ("operate.second.look", {"operate.first.count"}),
    ]


def test_a_person_may_take_as_long_as_the_step_says(site: Site) -> None:
    [look] = steps(site.project(), "second")
    word = site.root / ".fullcycle/approve/second.look"
    site.desk.heard = lambda: word.write_text("no")
    with pytest.raises(StepError, match="said no to: Look"):
        look.action(site.desk)  # type: ignore[operator]
    assert any("waiting up to 9 s" in line for line in site.desk.lines)
    assert (look.timeout, look.describe) == (None, "Ada: Look")


def test_an_unknown_runbook_is_a_usage_error(site: Site, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown runbook 'frist' \(did you mean 'first'\?\)"):
        steps(site.project(), "frist")
    with pytest.raises(UsageError, match=r"write \[runbooks.NAME\]"):
        steps(Site(tmp_path).project(), "frist")


def test_nobody_works_off_a_runbook_beside_somebody_else(site: Site) -> None:
    project = site.project()
    with (
        alone(project, "first"),
        alone(project, "second"),
        pytest.raises(LockedError, match="first is being worked off in test already"),
        alone(project, "first"),
    ):
        pytest.fail("both do")
    with alone(project, "first"):
        pass


def test_the_list_says_what_each_is_for(site: Site) -> None:
    first, second, _ = listed(site.project())
    assert str(first) == "first\n  on deploy; look, count"
    assert str(second) == "second\n  on deploy and on alert; look"


def sent(site: Site, request: str) -> Desk:
    site.text = f'{SHOP}[[runbooks.ask.steps]]\nname = "ask"\nhttp = {{ {request} }}\n'
    [step] = steps(site.project(), "ask")
    step.action(site.desk)  # type: ignore[operator]
    return site.desk


def test_a_request_is_sent_with_the_values_of_variables(
    site: Site, shelf: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELF_TOKEN", "sesame-open")
    header = 'headers = { Authorization = "Bearer ${SHELF_TOKEN}" }'
    body = r'body = "{\"shelf\": 3}"'
    desk = sent(site, f'url = "{shelf.url}", method = "POST", {header}, {body}, status = [200]')
    assert (shelf.heard, desk.summary) == ([{"shelf": 3}], "200 OK")
    assert shelf.headers[0]["Authorization"] == "Bearer sesame-open"
    assert "sesame" not in "\n".join(desk.lines)


@pytest.mark.parametrize(
    ("answer", "request_", "message"),
    [
        (500, "", "the answer is 500 Internal Server Error, not 200 to 299"),
        (302, "", "the answer is 302 Found, not 200 to 299"),
        (200, "status = [202, 204]", "the answer is 200 OK, not 202 or 204"),
        (200, "contains = 'apples'", "the answer does not contain 'apples'"),
    ],
)
def test_another_answer_than_is_right_fails_the_step(
    site: Site, shelf: Hook, answer: int, request_: str, message: str
) -> None:
    shelf.answers = [answer]
    rest = f", {request_}" if request_ else ""
    with pytest.raises(StepError, match=message):
        sent(site, f'url = "{shelf.url}", method = "POST", body = "1"{rest}')


def test_a_path_is_asked_for_where_the_application_runs(site: Site) -> None:
    with pytest.raises(UsageError, match="/healthz cannot be asked for: nothing runs in test"):
        sent(site, 'url = "/healthz"')
    roll_out(site.project(), workload("1"), site.desk)
    base = site.project().platform.runtime.status().url
    with pytest.raises(StepError, match="does not answer"):
        sent(site, 'url = "/healthz"')
    assert f"GET {base.rstrip('/')}/healthz" in site.desk.lines


def test_what_is_no_url_after_all_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "ftp://example.org")
    with pytest.raises(UsageError, match="should begin with http:// or https://"):
        sent(site, 'url = "${PLACE}"')
