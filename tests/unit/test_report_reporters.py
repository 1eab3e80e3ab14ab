from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fullcycle import ci
from fullcycle.ci.azure import Azure
from fullcycle.ci.github import GitHub
from fullcycle.ci.gitlab import GitLab
from fullcycle.ci.server import Server
from fullcycle.model import Result, Run, StepRecord
from fullcycle.pipeline.step import Command, Step
from fullcycle.report import choose
from fullcycle.report.document import Document
from fullcycle.report.plain import Plain
from fullcycle.report.screen import Screen
from fullcycle.report.several import Several
from fullcycle.report.words import duration, note_of, word_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.ci.dialect import Dialect
    from fullcycle.report.reporter import Reporter

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
RUN = Run(id="r1", chain="ci", result=Result.RUNNING, started=NOON, environment="local")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def step(name: str, *, show: bool = False) -> Step:
    return Step(name=name, action=Command(run="true"), show=show, describe=f"does {name}")


def ended(name: str, result: Result = Result.SUCCESS, reason: str = "") -> StepRecord:
    return StepRecord(
        name=name, result=result, started=NOON, seconds=1.5, reason=reason, log=f"{name}.log"
    )


def plain(
    *, verbose: bool = False, dialect: Dialect | None = None
) -> tuple[Plain, Callable[[], str]]:
    stream = io.StringIO()
    server = Server(dialect) if dialect else None
    return Plain(Screen(stream), verbose=verbose, server=server), stream.getvalue


def test_a_step_that_succeeds_keeps_its_output_to_itself() -> None:
    reporter, said = plain()
    reporter.run_started(RUN, [step("build")])
    reporter.step_started(step("build"))
    reporter.step_output("build", "chatter")
    reporter.step_finished(ended("build"), "chatter")
    assert said() == (
        "ci in local: 1 step, run r1\n  start       build\n  ok          build  1.5 s\n"
    )


def test_a_step_that_fails_shows_its_last_lines_and_where_its_log_is() -> None:
    reporter, said = plain()
    reporter.run_started(RUN, [step("build")])
    reporter.step_started(step("build"))
    reporter.step_finished(ended("build", Result.FAILURE, "exit code 3"), "one\ntwo")
    assert said().endswith(
        "  failed      build  1.5 s  exit code 3\n"
        "    | one\n    | two\n"
        "    log: .fullcycle/runs/r1/build.log\n"
    )


def test_a_step_that_is_there_to_show_something_shows_it_at_once() -> None:
    reporter, said = plain()
    reporter.run_started(RUN, [step("status", show=True)])
    reporter.step_started(step("status", show=True))
    reporter.step_output("status", "all is well")
    assert said().endswith("all is well\n")


@pytest.mark.parametrize("dialect", [None, GitHub(), GitLab(), Azure()])
def test_verbose_output_streams_from_the_oldest_and_waits_from_the_others(
    dialect: Dialect | None,
) -> None:
    reporter, said = plain(verbose=True, dialect=dialect)
    names = ["a", "b", "c"]
    reporter.run_started(RUN, [step(name) for name in names])
    reporter.step_output("a", "a1")
    for name in names:
        reporter.step_started(step(name))
    assert "a1" in said()
    for name in "cba":
        reporter.step_output(name, f"{name}2\n{name}3")
    reporter.step_finished(ended("c"), "")
    reporter.step_finished(StepRecord(name="d", result=Result.SKIP, reason="no"), "")
    assert "b2" not in said().splitlines()
    assert "skipped" not in said()
    reporter.step_finished(ended("a"), "")
    reporter.step_output("b", "b4")
    reporter.step_finished(ended("b"), "")
    lines = [line for line in said().splitlines() if re.fullmatch(r"[abc]\d", line)]
    assert lines == ["a1", "a2", "a3", "c2", "c3", "b2", "b3", "b4"]
    assert re.findall(r"(?:ok|skipped) +(\w)", said()) == ["a", "d", "c", "b"]


def finished(*records: StepRecord, result: Result = Result.SUCCESS) -> Run:
    return Run(
        id="r1",
        chain="ci",
        result=result,
        started=NOON,
        finished=NOON + timedelta(seconds=2),
        steps=records,
    )


def test_the_summary_has_a_line_per_step_and_the_total_against_the_work() -> None:
    reporter, said = plain()
    failed = ended("test", Result.FAILURE, "exit code 3")
    skipped = StepRecord(name="deploy", result=Result.SKIP, reason="needs test, which failed")
    reporter.run_finished(finished(ended("build"), failed, skipped, result=Result.FAILURE))
    assert said().splitlines() == [
        "",
        "step    result             time  note",
        "build   ok                1.5 s",
        "test    failed            1.5 s  exit code 3",
        "deploy  skipped                  needs test, which failed",
        "ci failed in 2.0 s (3.0 s of work); logs in .fullcycle/runs/r1/",
    ]


def test_a_single_step_needs_no_table() -> None:
    reporter, said = plain()
    reporter.run_finished(finished(ended("build")))
    assert said() == "ci ok in 2.0 s; logs in .fullcycle/runs/r1/\n"


def test_a_plan_says_what_each_step_would_do() -> None:
    reporter, said = plain()
    reporter.run_planned(RUN, [step("build"), step("test")])
    assert "  build  does build\n" in said()


@pytest.mark.parametrize("planned", [True, False])
def test_the_document_is_one_json_value(planned: bool) -> None:
    stream = io.StringIO()
    document = Document(Screen(stream))
    document.run_started(RUN, [step("build")])
    document.step_output("build", "chatter")
    if planned:
        document.run_planned(RUN, [step("build")])
    else:
        document.run_finished(finished(ended("build")))
    value = json.loads(stream.getvalue())
    assert value["steps"][0]["name"] == "build"


def test_several_reporters_hear_the_same() -> None:
    first, heard_first = plain()
    second, heard_second = plain()
    both: Reporter = Several((first, second))
    both.run_started(RUN, [])
    both.step_started(step("a"))
    both.step_output("a", "x")
    both.step_finished(ended("a"), "x")
    both.note("look out")
    both.run_planned(RUN, [])
    both.run_finished(finished(ended("a")))
    assert heard_first() == heard_second() != ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3720, "1 h 02 min"),
    ],
)
def test_durations_are_for_people(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_terminal_gets_colours_unless_they_are_unwanted() -> None:
    assert Screen(Terminal(), {}).paint("x", "red") == "\x1b[31mx\x1b[0m"
    assert Screen(Terminal(), {"NO_COLOR": "1"}).paint("x", "red") == "x"
    assert Screen(Terminal(), {"TERM": "dumb"}).paint("x", "red") == "x"
    assert Screen(io.StringIO(), {}).paint("x", "red") == "x"
    assert not Screen(Terminal(), {"TERM": "dumb"}).interactive


def test_letters_a_stream_does_not_know_are_written_another_way() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Screen(stream).line("café ✓")
    assert raw.getvalue() == b"caf\\xe9 \\u2713\n"


def test_a_closed_or_missing_stream_is_no_error() -> None:
    stream = io.StringIO()
    stream.close()
    Screen(stream).line("x")
    Screen(None).line("x")


def test_the_choice_suits_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, *_ in ci._SERVERS:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(choose(stream=io.StringIO()), Plain)
    assert type(choose(stream=Terminal())).__name__ == "Live"
    assert isinstance(choose(stream=Terminal(), verbose=True), Plain)
    assert isinstance(choose(stream=io.StringIO(), json=True), Several)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(choose(stream=Terminal()), Plain)


def test_a_step_that_was_up_to_date_says_so_and_what_it_had_achieved() -> None:
    record = StepRecord(
        name="test.unit", result=Result.SKIP, reason="up to date", summary="212 passed"
    )
    restored = replace(record, reason="up to date, outputs restored", summary="")
    assert word_of(record).text == "up to date"
    assert note_of(record) == "212 passed"
    assert note_of(restored) == "outputs restored"
    assert word_of(replace(record, reason="--skip")).text == "skipped"
