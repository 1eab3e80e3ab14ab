"""Runbooks as people use them: asked for, killed, resumed, after a deployment, by an alert."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fullcycle.model import Alert, Result, Run
from fullcycle.observe.callout import when_alert
from fullcycle.pipeline import approval
from fullcycle.pipeline.ledger import Ledger
from fullcycle.project import Project, actor
from fullcycle.settings import load
from hearing import Hook, hook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Shop

pytestmark = pytest.mark.timeout(240)
ME = approval._name(os.getuid())

RUNBOOKS = """
[notify.team]
url = "${{HOOK}}"
on = ["waiting"]

[notify.crowd]
url = "${{CROWD}}"
on = ["deployment-started", "deployment-done"]

[runbooks.restock]
about = "When the shelves are empty."

[[runbooks.restock.steps]]
name = "look"
run = "echo looked >> seen.txt"

[[runbooks.restock.steps]]
name = "page"
http = {{ url = "/", contains = "{page}" }}

[[runbooks.restock.steps]]
name = "count"
task = "count --shelves 3"

[[runbooks.restock.steps]]
name = "order"
manual = "Order apples"
who = "Ada"
link = "https://example.org/apples"

[[runbooks.restock.steps]]
name = "close"
run = "echo closed >> seen.txt"

[runbooks.tell]
on = ["deploy"]
steps = [{{ name = "say", run = "echo the shelf has changed" }}]

[runbooks.look]
on = ["alert"]
alerts = ["slo *"]
steps = [{{ name = "note", run = "echo $FULLCYCLE_ALERT; until test -e go; do sleep 0.1; done" }}]
"""
TASKS = """
from fullcycle import ns, task

@task
def count(c, shelves=1):
    "Count."
    print(shelves, "shelves")

ns.add_task(count)
"""


@pytest.fixture
def team() -> Iterator[Hook]:
    with hook() as made:
        yield made


@pytest.fixture
def stocked(shop: Shop, team: Hook) -> Shop:
    shop.environ["HOOK"] = team.url
    settle(shop)
    shop.write("tasks.py", TASKS)
    shop.write(".gitignore", ".fullcycle/\nout/\n__pycache__/\nseen.txt\n")
    shop.commit("ops: a runbook")
    return shop


def settle(shop: Shop, page: str = "shop one") -> None:
    shop.settings(RUNBOOKS.format(page=page))


def until(found: Callable[[], object], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.05)


def begin(shop: Shop, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        shop.command("operate.runbook", "restock", *words),
        cwd=shop.root,
        env=shop.variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def runs(shop: Shop, chain: str) -> list[Run]:
    return Ledger(shop.root).runs(chain=chain)


def test_a_runbook_that_is_killed_while_it_waits_goes_on_where_it_was(
    stocked: Shop, team: Hook
) -> None:
    stocked.done("build", "release", "deploy")
    first = begin(stocked)
    until(lambda: team.heard)
    told = team.heard[0]
    assert (told["kind"], told["what"]["asked"]) == ("waiting", "Ada")
    assert told["title"] == "shop in local waits for Ada: Order apples"
    assert told["links"]["description"] == "https://example.org/apples"

    second = stocked.invoke("operate.runbook", "restock")
    assert second.code == 4, second.text
    assert f"is being worked off in local already (by {actor()}, process" in second.text

    first.send_signal(signal.SIGKILL)
    first.communicate()
    again = begin(stocked, "--resume")
    until(lambda: len(team.heard) == 2)
    word = team.heard[1]["what"]["answer"].removeprefix("touch ")
    Path(word).touch()
    said, _ = again.communicate(timeout=60)
    assert again.returncode == 0, said

    assert (stocked.root / "seen.txt").read_text() == "looked\nclosed\n"
    last, killed = runs(stocked, "runbook.restock")
    assert killed.result is Result.CANCELLATION
    steps = {step.name: step for step in last.steps}
    assert steps["restock.count"].reason == f"done in run {killed.id}"
    assert steps["restock.order"].summary == f"{ME} said yes"
    assert (last.result, last.by) == (Result.SUCCESS, actor())
    log = Ledger(stocked.root).folder(killed.id) / "restock.count.log"
    assert log.read_text().endswith("3 shelves\n")


def test_what_a_runbook_would_do_is_shown_and_what_an_answer_lacks_is_said(stocked: Shop) -> None:
    listed = json.loads(stocked.done("operate.runbooks", "--json").out)
    assert [each["name"] for each in listed] == ["restock", "tell", "look"]
    assert "restock: When the shelves are empty." in stocked.done("operate.runbooks").out
    planned = stocked.done("--dry", "operate.runbook", "restock").out
    assert "Ada: Order apples" in planned
    assert not (stocked.root / "seen.txt").exists()
    unknown = stocked.invoke("operate.runbook", "restok")
    assert unknown.code == 2
    assert "unknown runbook 'restok'" in unknown.text
    assert "did you mean 'restock'?" in unknown.text

    deployed = stocked.done("build", "release", "deploy", "--verbose")
    told = "crowd was not told: the variable CROWD is not set"
    assert deployed.text.count(told) == 2
    settle(stocked, page="shop two")
    failed = stocked.invoke("operate.runbook", "restock", "--approve")
    assert failed.code == 1
    assert "the answer does not contain 'shop two'" in failed.text
    settle(stocked)
    assert "closed" not in (stocked.root / "seen.txt").read_text()
    done = stocked.done("operate.runbook", "restock", "--resume", "--approve")
    assert f"{ME} said yes beforehand (--approve)" in done.text
    assert (stocked.root / "seen.txt").read_text() == "looked\nclosed\n"


def test_people_hear_of_a_deployment_and_a_runbook_follows_it(stocked: Shop, team: Hook) -> None:
    stocked.environ["CROWD"] = team.url
    stocked.done("build", "release")
    stocked.done("--dry", "cd")
    assert not team.heard

    said = stocked.done("cd", "--verbose")

    assert "the shelf has changed" in said.text
    [run] = runs(stocked, "cd")
    assert "operate.tell.say" in [step.name for step in run.steps]
    assert team.kinds == ["deployment-started", "deployment-done"]
    done = team.heard[1]
    assert done["title"] == "shop 0.1.0 serves in local"
    assert done["what"]["run"] == run.id
    assert done["links"]["application"] == f"http://127.0.0.1:{stocked.port}"


def test_an_alert_starts_its_runbook_once_at_a_time(
    stocked: Shop, monkeypatch: pytest.MonkeyPatch, team: Hook
) -> None:
    monkeypatch.setenv("HOOK", team.url)
    loaded = load(stocked.root, environ={})
    name, environment = loaded.environment()
    project = Project(loaded, name, environment)

    def alert(name: str) -> Alert:
        now = datetime.now(UTC)
        return Alert(name=name, environment="local", severity="page", title=name, opened=now)

    assert when_alert(project, alert("threshold cpu web-1")) == []
    assert when_alert(project, alert("slo checkout")) == []
    assert when_alert(project, alert("slo checkout")) == []
    printed = stocked.root / ".fullcycle/runbooks/look@local.log"
    until(lambda: "being worked off in local already" in printed.read_text())
    (stocked.root / "go").touch()
    until(lambda: any(run.finished for run in runs(stocked, "runbook.look")))

    [run] = runs(stocked, "runbook.look")
    assert (run.result, run.by) == (Result.SUCCESS, "alert slo checkout")
    log = Ledger(stocked.root).folder(run.id) / "look.note.log"
    assert log.read_text().endswith("slo checkout\n")
