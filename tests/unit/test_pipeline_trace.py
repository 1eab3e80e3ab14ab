"""A run's place in a trace, as W3C Trace Context and OpenTelemetry have it."""

from __future__ import annotations

import re

import pytest

from fullcycle.pipeline.trace import Trace

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_run_joins_the_trace_of_its_caller() -> None:
    trace = Trace.begin({"TRACEPARENT": f"00-{TRACE}-{SPAN}-01"})
    assert (trace.id, trace.parent, trace.sampled) == (TRACE, SPAN, True)
    assert trace.span != SPAN


def test_each_step_has_a_span_of_its_own_that_it_passes_on() -> None:
    trace = Trace.begin({"TRACEPARENT": f"00-{TRACE}-{SPAN}-01"})
    lint, types = trace.environ("code.lint"), trace.environ("code.types")
    assert lint == {"TRACEPARENT": f"00-{TRACE}-{trace.step('code.lint')}-01"}
    assert lint == trace.environ("code.lint")
    assert len({lint["TRACEPARENT"], types["TRACEPARENT"], trace.span}) == 3


def test_who_does_not_want_a_trace_recorded_is_obeyed() -> None:
    trace = Trace.begin({"TRACEPARENT": f"00-{TRACE}-{SPAN}-00"})
    assert not trace.sampled
    assert trace.environ("build")["TRACEPARENT"].endswith("-00")


def test_a_newer_version_with_more_fields_is_understood() -> None:
    assert Trace.begin({"TRACEPARENT": f"cc-{TRACE}-{SPAN}-09-what-comes"}).id == TRACE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}",
    ],
)
def test_without_a_valid_caller_a_new_trace_begins_and_its_state_is_dropped(text: str) -> None:
    environ = {"TRACEPARENT": text, "TRACESTATE": "vendor=of-another-trace"}
    first, second = Trace.begin(environ), Trace.begin(environ)
    assert first.id != second.id
    assert (first.parent, first.sampled) == ("", True)
    passed = first.environ("build")
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", passed["TRACEPARENT"])
    assert passed["TRACESTATE"] == ""
