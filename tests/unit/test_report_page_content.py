"""What the report of a run says."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

import report_project as project
from fullcycle.model import Result, StepRecord
from fullcycle.pipeline.ledger import Ledger
from fullcycle.pipeline.mask import Masker
from fullcycle.report.files import write_reports
from fullcycle.report.page import page
from fullcycle.report.page.flow import critical_path, ready, waited, waits_for
from fullcycle.report.page.usual import Usual, comparable, of_run, of_step

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.model import Run


def words(text: str) -> str:
    """What a reader sees, on one line."""
    body = re.sub(r"(?s)<(style|script|title|symbol)\b.*?</\1>", " ", text)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> str:
    return project.reported(tmp_path_factory.mktemp("failed"), project.failed()).read_text()


def test_the_cause_of_failure_comes_before_all_else(failed: str) -> None:
    seen = words(failed)
    order = [
        "test.unit failed with exit code 1",
        "211 passed, 2 failed, 1 skipped",
        "Run it alone with",
        "tests.shop.test_pay: assert 402 == 200",
        "test.unit line 299",
        "Took",
        "Timeline",
        "Not run",
    ]
    places = [seen.index(text) for text in order]
    assert places == sorted(places)


def test_what_did_not_run_is_named_with_the_reason(failed: str) -> None:
    seen = words(failed)
    assert "test.smoke --skip" in seen
    assert "release needs test.unit, which failed" in seen


def test_tests_coverage_and_facts_are_there(failed: str) -> None:
    seen = words(failed)
    for text in (
        "KeyError: &#39;refund&#39;",
        "no moon tonight",
        "test_0_articles_in_the_basket 3.0 s",
        "Coverage 87.8 % 3,698 of 4,210 lines in 61 files",
        "139 lines missed",
        "1.5.0.dev3+g58e12e2",
        "58e12e2c8a",
        "ada@workbench",
        "22 Nov 2026 15:37:02 UTC",
        "ruff check .",
        "At most 2 steps at the same time.",
    ):
        assert text in seen


def test_a_step_that_took_much_longer_than_usual_stands_out(failed: str) -> None:
    assert '<span class="change warn">3.8 ×</span>' in failed
    assert failed.count('class="change warn"') == 1


def test_nothing_in_the_records_can_become_part_of_the_page(failed: str) -> None:
    assert "<img" not in failed
    assert failed.count("<script") == 1
    assert "alert(1)&gt;" in failed
    assert not re.findall(r"(?:src|href)=\"(?!#|data:,\")", failed)
    assert "http" not in failed.replace("http-equiv", "")


def test_the_run_is_embedded_for_machines(failed: str) -> None:
    match = re.search(r'(?s)<script type="application/json" id="data">(.*?)</script>', failed)
    assert match
    data = json.loads(match[1])
    assert data["run"]["schema"] == 1
    assert [step["name"] for step in data["run"]["steps"]] == list(project.DURATIONS)
    assert project.NASTY in data["tests"][0]["suite"]["failures"][0]["detail"]


def test_a_cancelled_run_says_who_stopped_it(tmp_path: Path) -> None:
    seen = words(project.reported(tmp_path, project.cancelled(), earlier=0).read_text())
    assert "ci cancelled interrupted by SIGINT Took 9.0 s Steps 5 of 9 steps succeeded" in seen


def test_the_first_run_and_an_empty_one_have_a_report_too() -> None:
    nothing = replace(project.succeeded(), steps=(), finished=project.START)
    assert "ci succeeded Took 0 ms Steps 0 steps" in words(page(nothing, title="shop"))
    seen = words(page(project.succeeded(), title="shop"))
    assert "usually" not in seen.replace("Usually", "")


def test_files_are_private_and_there_is_junit_beside_the_page(tmp_path: Path) -> None:
    path = project.reported(tmp_path, project.failed(), earlier=0)
    for file in (path, path.with_name("junit.xml")):
        assert file.stat().st_mode & 0o777 == 0o600
    assert "test.unit line 299" in path.with_name("junit.xml").read_text()


def test_a_report_that_cannot_be_written_is_one_line_and_no_error(tmp_path: Path) -> None:
    notes: list[str] = []
    run = project.failed()
    with closing(Ledger(tmp_path)) as ledger:
        ledger.finish(run)
        (ledger.folder(run.id) / "report.html").mkdir()
        path = write_reports(
            project.outcome(run), title="shop", ledger=ledger, masker=Masker(), note=notes.append
        )
    assert path is None
    assert len(notes) == 1
    assert notes[0].startswith("there is no report.html: ")


def at(begin: float, end: float, name: str) -> StepRecord:
    start = project.START + timedelta(seconds=begin)
    stop = project.START + timedelta(seconds=end)
    return StepRecord(
        name=name,
        result=Result.SUCCESS,
        started=start,
        finished=stop,
        seconds=end - begin,
        attempts=1,
    )


def of(*steps: StepRecord) -> Run:
    return replace(project.succeeded(), steps=steps)


def test_the_critical_path_follows_what_steps_waited_for() -> None:
    run = of(at(0, 1, "a"), at(0, 4, "b"), at(4, 6, "c"), at(1, 2, "d"))
    waits = {"c": frozenset({"a", "b"}), "d": frozenset({"a"})}
    assert critical_path(run, waits) == ("b", "c")


def test_the_critical_path_follows_the_step_whose_end_made_a_place_free() -> None:
    run = of(at(0, 1, "a"), at(0, 3, "b"), at(3.01, 9, "c"))
    assert critical_path(run, {"c": frozenset({"a"})}) == ("b", "c")
    could = ready(run, {"c": frozenset({"a"})})
    assert waited(run.steps[2], could["c"]) == pytest.approx(2.01)
    assert waited(run.steps[1], could["b"]) == 0


def test_a_quick_step_does_not_enable_those_that_begin_with_it() -> None:
    run = of(at(0, 0.01, "quick"), at(0.03, 5, "long"))
    assert critical_path(run, {}) == ("long",)


def test_the_critical_path_of_nothing_is_empty_and_of_the_project_what_it_says() -> None:
    assert critical_path(of(), {}) == ()
    waits = waits_for(project.steps())
    assert critical_path(project.succeeded(), waits)[-2:] == ("test.unit", "release")


def test_usual_is_the_median_of_the_last_ten_successes_of_the_same_chain_and_place() -> None:
    runs = [project.succeeded(n, 1 + n / 100) for n in range(1, 20)]
    others = [replace(run, chain="cd", id=f"x{n}") for n, run in enumerate(runs)]
    others += [replace(run, environment="far", id=f"y{n}") for n, run in enumerate(runs)]
    run = project.succeeded()
    earlier = comparable(run, [*others, *runs, run])
    assert len(earlier) == 19
    assert earlier[-1].id == runs[0].id
    assert of_step(run.steps[1], earlier).usually == pytest.approx(0.6 * 1.055)
    assert of_run(run, [replace(r, result=Result.FAILURE) for r in runs]).usually is None


@pytest.mark.parametrize(
    ("seconds", "before", "change", "much"),
    [
        (10.0, (), "", False),
        (10.0, (9.8,), "", False),
        (0.4, (0.1,), "", False),
        (13.0, (10.0,), "+30 %", False),
        (5.0, (10.0,), "-50 %", False),
        (16.0, (10.0,), "+60 %", True),
        (31.0, (10.0,), "3.1 ×", True),
        (2.0, (0.0,), "+2.0 s", False),
    ],
)
def test_a_change_is_said_when_it_is_more_than_chance(
    seconds: float, before: tuple[float, ...], change: str, *, much: bool
) -> None:
    usual = Usual(seconds=seconds, before=before)
    assert (usual.change, usual.much_longer) == (change, much)
