"""A run as JUnit XML: what Jenkins' and Surefire's schema allow, and what CI servers read of it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from dashboard_project import NOW, failed_run, running_run, step, succeeded_run
from fullcycle.model import Result, Run, StepRecord
from fullcycle.report.junit import junit

# Of Jenkins' junit-10.xsd: the attributes of each element, the required ones first.
ALLOWED = {
    "testsuites": ([], ["name", "time", "tests", "failures", "errors"]),
    "testsuite": (
        ["name", "tests", "failures", "errors"],
        ["time", "skipped", "timestamp", "hostname", "id", "package"],
    ),
    "properties": ([], []),
    "property": (["name", "value"], []),
    "testcase": (["name"], ["time", "classname", "group"]),
    "failure": ([], ["type", "message"]),
    "error": ([], ["type", "message"]),
    "skipped": ([], ["type", "message"]),
    "system-out": ([], []),
}
INSIDE = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped", "system-out"},
}


def read(run: Run, tail: str = "the end") -> ET.Element:
    return ET.fromstring(junit(run, lambda _: tail).encode())  # noqa: S314 (our own)


def cases(root: ET.Element) -> dict[str, ET.Element]:
    return {case.get("name", ""): case for case in root.iter("testcase")}


def full() -> Run:
    """A run with a step for each of the results."""
    never = StepRecord(name="later", result=Result.CANCELLATION, reason="interrupted by SIGINT")
    steps = tuple(
        replace(step(NOW, result.value, 0, 1.5), result=result, reason="" if n == 0 else "so")
        for n, result in enumerate([Result.SUCCESS, *(r for r in Result if r.value != "success")])
    )
    return replace(failed_run(), steps=(*steps, never))


@pytest.mark.parametrize("run", [failed_run(), succeeded_run(), running_run(), full()])
def test_every_element_has_what_it_must_and_only_what_it_may(run: Run) -> None:
    for element in read(run).iter():
        required, optional = ALLOWED[element.tag]
        assert set(required) <= set(element.keys()) <= {*required, *optional}
        assert {child.tag for child in element} <= INSIDE.get(element.tag, set())


def test_each_result_has_the_element_that_means_it() -> None:
    meant = {name: [child.tag for child in case] for name, case in cases(read(full())).items()}
    assert meant == {
        "success": ["system-out"],
        "failure": ["failure"],
        "timeout": ["failure"],
        "error": ["error"],
        "cancellation": ["error"],
        "running": ["error"],
        "skip": ["skipped"],
        "pending": ["skipped"],
        "later": ["skipped"],
    }


def test_the_sums_are_those_of_the_cases() -> None:
    root = read(full())
    (suite,) = root
    assert [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] == list("9233")
    assert root.get("tests") == suite.get("tests")
    assert cases(root)["success"].get("time") == "1.500"


def test_a_failure_says_why_and_shows_the_end_of_the_log() -> None:
    failure = cases(read(failed_run()))["test.unit"].find("failure")
    assert failure is not None
    assert failure.get("message") == "tox exited with 1: 2 failed, 210 passed"
    assert (failure.get("type"), failure.text) == ("failure", "the end")
    skipped = cases(read(failed_run()))["release"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "test.unit failed"


def test_what_xml_cannot_hold_does_not_break_it() -> None:
    nasty = "a\x00b\x1b[31m<&>\"']]>\ud800\ufffe"
    run = replace(failed_run(), by=nasty, steps=(*failed_run().steps[4:5],))
    run = replace(run, steps=(replace(run.steps[0], reason=nasty),))
    failure = read(run, nasty).find(".//failure")
    assert failure is not None
    assert failure.text == "a\ufffdb\ufffd[31m<&>\"']]>\ufffd\ufffd"
