"""A run as JUnit XML, in which CI servers show every step as a test.

Written in the subset of the format that its readers agree on (Jenkins' and Surefire's schema).
"""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from fullcycle.model import Result
from fullcycle.words import utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.model import Run, StepRecord

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""
_TAGS = {
    Result.FAILURE: "failure",
    Result.TIMEOUT: "failure",
    Result.ERROR: "error",
    Result.CANCELLATION: "error",
    Result.SKIP: "skipped",
    Result.PENDING: "skipped",
    Result.RUNNING: "error",
}


def junit(run: Run, tail: Callable[[StepRecord], str]) -> str:
    """The run as a suite with a test case per step.

    A step that failed or took too long is a failure; one that broke, or was cancelled while it
    ran, an error; one that never ran is skipped, with the reason.

    Args:
        run: a run that has ended.
        tail: gives the last lines of a step's log.
    """
    tags = [_tag(step) for step in run.steps]
    took = (run.finished - run.started).total_seconds() if run.finished else 0.0
    sums = {
        "name": run.chain,
        "tests": str(len(tags)),
        "failures": str(tags.count("failure")),
        "errors": str(tags.count("error")),
        "time": _seconds(took),
    }
    root = ET.Element("testsuites", sums)
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            **sums,
            "skipped": str(tags.count("skipped")),
            "timestamp": f"{utc(run.started):%Y-%m-%dT%H:%M:%S}",
            "hostname": socket.gethostname(),
        },
    )
    _facts(suite, run)
    for step, tag in zip(run.steps, tags, strict=True):
        _case(suite, run, step, tag, tail)
    ET.indent(root)
    return f"{_DECLARATION}\n{ET.tostring(root, encoding='unicode')}\n"


def _tag(step: StepRecord) -> str:
    """The element that says how a step ended; none when it succeeded."""
    if step.result is Result.CANCELLATION and step.started is None:
        return "skipped"
    return _TAGS.get(step.result, "")


def _facts(suite: ET.Element, run: Run) -> None:
    properties = ET.SubElement(suite, "properties")
    facts = {
        "run": run.id,
        "environment": run.environment,
        "revision": run.revision,
        "version": run.version,
        "by": run.by,
        "result": run.result.value,
        "reason": run.reason,
    }
    for name, value in facts.items():
        if value:
            ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})


def _case(
    suite: ET.Element, run: Run, step: StepRecord, tag: str, tail: Callable[[StepRecord], str]
) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        {"classname": f"fullcycle.{run.chain}", "name": step.name, "time": _seconds(step.seconds)},
    )
    if tag == "skipped":
        ET.SubElement(case, tag, {"message": _clean(step.reason)})
    elif tag:
        ended = {"type": step.result.value, "message": _clean(step.reason)}
        ET.SubElement(case, tag, ended).text = _clean(tail(step))
    elif step.summary:
        ET.SubElement(case, "system-out").text = _clean(step.summary)


def _seconds(value: float) -> str:
    return f"{max(value, 0.0):.3f}"


def _clean(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
