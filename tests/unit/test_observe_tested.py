"""What is read out of the files that test suites write."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import StepError
from fullcycle.observe import coverage, junit, tested
from fullcycle.pipeline.mask import Masker
from fullcycle.providers import Completed

if TYPE_CHECKING:
    from pathlib import Path

JUNIT = """<?xml version="1.0"?>
<testsuites><testsuite name="unit" tests="5">
  <testcase classname="tests.shop" name="test_buy" time="0.5"/>
  <testcase classname="tests.shop" name="test_pay" time="1,002.25">
    <failure message="assert hunter22 == 1">first\nlast line of the traceback</failure>
  </testcase>
  <testcase classname="tests.shop" name="test_ship" time="nonsense">
    <error>no fixture\nmore</error>
  </testcase>
  <testcase classname="tests.shop" name="test_later"><skipped message="next year"/></testcase>
  <testcase name="test_alone" time="0.25"/>
</testsuite></testsuites>
"""
COBERTURA = """<?xml version="1.0"?>
<coverage line-rate="0.1"><packages><package><classes>
  <class filename="shop/buy.py"><lines>
    <line number="1" hits="1"/><line number="2" hits="0"/><line number="3" hits="0"/>
  </lines></class>
  <class filename="shop/buy.py"><lines><line number="2" hits="7"/></lines></class>
  <class filename="shop/pay.py"><lines><line number="1" hits="3"/></lines></class>
</classes></package></packages></coverage>
"""


def collected(root: Path, text: str = JUNIT) -> junit.Suite:
    (root / "r.xml").write_text(text)
    return junit.collect(root, ["*.xml"], 0, Masker(["hunter22"]).mask)


def test_tests_are_counted_and_the_failed_and_slowest_named(tmp_path: Path) -> None:
    suite = collected(tmp_path)
    assert suite.summary == "2 passed, 2 failed, 1 skipped"
    assert suite.seconds == 1003.0
    assert [case.name for case in suite.slowest] == [
        "tests.shop.test_pay",
        "tests.shop.test_buy",
        "test_alone",
    ]
    assert [(case.name, case.message) for case in suite.skips] == [
        ("tests.shop.test_later", "next year")
    ]
    failed, broken = suite.failures
    assert failed.detail.endswith("last line of the traceback")
    assert broken.line == "tests.shop.test_ship: no fixture"


def test_secrets_in_what_tests_say_are_hidden(tmp_path: Path) -> None:
    assert collected(tmp_path).failures[0].message == "assert *** == 1"


def test_a_failed_suite_names_its_first_failures_and_how_many_more(tmp_path: Path) -> None:
    cases = "".join(f'<testcase name="t{n}"><failure message="no"/></testcase>' for n in range(60))
    suite = collected(tmp_path, f"<testsuite>{cases}</testsuite>")
    with pytest.raises(StepError, match=r"60 failed: t0: no; .*t4: no and 55 more$"):
        suite.raise_failures(Completed(exit_code=0, tail=""))
    assert len(suite.failures) == junit.MOST_FAILURES


def test_reports_of_an_earlier_run_and_damaged_ones_count_as_nothing(tmp_path: Path) -> None:
    collected(tmp_path)
    os.utime(tmp_path / "r.xml", (1000, 1000))
    (tmp_path / "torn.xml").write_text("<testsuite><testca")
    suite = junit.collect(tmp_path, ["*.xml"], 2000, str)
    assert (suite.tests, suite.summary) == (0, "no test report")


def test_coverage_counts_a_line_of_several_classes_once(tmp_path: Path) -> None:
    path = tmp_path / "coverage.xml"
    path.write_text(COBERTURA)
    found = coverage.read(path, 0)
    assert found
    assert (found.total.lines, found.total.covered, found.total.percent) == (4, 3, "75 %")
    assert [(file.name, file.missed) for file in found.least] == [("shop/buy.py", 1)]
    os.utime(path, (1000, 1000))
    assert coverage.read(path, 2000) is None
    path.write_text("<coverage/>")
    assert coverage.read(path, 0) is None
    assert coverage.read(tmp_path / "missing.xml", 0) is None


def test_almost_everything_is_not_a_hundred_percent() -> None:
    assert coverage.Covered(lines=10_000, covered=9_999).percent == "99.9 %"


def test_what_a_run_keeps_comes_back_and_damaged_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "coverage.cov").write_text(COBERTURA)
    made = tested.Tested(
        step="test.unit",
        suite=collected(tmp_path),
        coverage=coverage.read(tmp_path / "coverage.cov", 0),
    )
    assert made.summary == "2 passed, 2 failed, 1 skipped, coverage 75 %"
    tested.keep(tmp_path, made)
    (tmp_path / "torn.tests.json").write_text('{"step": "te')
    assert tested.kept(tmp_path) == [made]
    assert tested.kept(tmp_path / "missing") == []
