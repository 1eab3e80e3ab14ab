"""The trace of a run, as a collector gets it: over HTTP, as protobuf."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

import report_project as project
from fullcycle.model import Result
from fullcycle.pipeline.trace import Trace
from fullcycle.report import otel
from fullcycle.report.otel import export

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from fullcycle.model import Run

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLED = {"TRACEPARENT": f"00-{TRACE}-{SPAN}-01"}


class Collector:
    """What an OTLP receiver was sent."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.paths: list[str] = []
        self.requests: list[ExportTraceServiceRequest] = []

    def spans(self) -> dict[str, Any]:
        return {
            span.name: span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }

    def resource(self) -> dict[str, Any]:
        return values(self.requests[0].resource_spans[0].resource)


def values(holder: Any) -> dict[str, Any]:
    """Attributes as plain values."""
    return {
        each.key: getattr(each.value, str(each.value.WhichOneof("value")))
        for each in holder.attributes
    }


@contextmanager
def collecting(status: int = 200, silent: threading.Event | None = None) -> Iterator[Collector]:
    """A receiver on a free port; with `silent`, it answers nothing until that is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.paths.append(self.path)
            collector.requests.append(ExportTraceServiceRequest.FromString(body))
            if silent is not None:
                silent.wait(20)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        if silent is not None:
            silent.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Export a run as the variables say; returns the trace and the notes."""

    def sent(
        run: Run, variables: Mapping[str, str], called: Mapping[str, str] = CALLED
    ) -> tuple[Trace, list[str]]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        trace, notes = Trace.begin(called), list[str]()
        export(
            run,
            trace,
            folder=tmp_path,
            branch=lambda: "main",
            environ=os.environ,
            note=notes.append,
        )
        return trace, notes

    return sent


def test_a_run_is_a_server_span_in_its_callers_trace_and_its_steps_are_below_it(send: Any) -> None:
    with collecting() as collector:
        trace, notes = send(project.failed(), {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    assert notes == []
    assert collector.paths == ["/v1/traces"]
    spans = collector.spans()
    run, unit = spans["RUN ci"], spans["RUN test.unit"]
    assert {span.trace_id.hex() for span in spans.values()} == {TRACE}
    assert (run.span_id.hex(), run.parent_span_id.hex()) == (trace.span, SPAN)
    assert (unit.span_id.hex(), unit.parent_span_id.hex()) == (
        trace.step("test.unit"),
        trace.span,
    )
    assert trace.environ("test.unit")["TRACEPARENT"].split("-")[2] == unit.span_id.hex()
    assert (run.kind, unit.kind) == (2, 1), "server and internal"
    assert (run.status.code, unit.status.code, spans["RUN plan"].status.code) == (2, 2, 0)
    assert unit.end_time_unix_nano - unit.start_time_unix_nano == 12_600_000_000
    assert "RUN release" not in spans, "it never ran"


def test_names_of_attributes_and_values_are_those_of_the_conventions(
    send: Any, tmp_path: Path
) -> None:
    from opentelemetry.semconv._incubating.attributes import cicd_attributes as names

    with collecting() as collector:
        send(project.failed(), {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.url}/mine"})
    assert collector.paths == ["/mine"]
    spans = collector.spans()
    run, unit = values(spans["RUN ci"]), values(spans["RUN test.unit"])
    assert run[names.CICD_PIPELINE_RESULT] == "failure"
    assert run[names.CICD_PIPELINE_ACTION_NAME] == "RUN"
    assert run["error.type"] == "failure"
    assert unit == {
        names.CICD_PIPELINE_TASK_NAME: "test.unit",
        names.CICD_PIPELINE_TASK_RUN_ID: "20261122-153702-4f2a/test.unit",
        names.CICD_PIPELINE_TASK_RUN_RESULT: "failure",
        names.CICD_PIPELINE_TASK_TYPE: "test",
        names.CICD_PIPELINE_TASK_RUN_URL_FULL: (tmp_path / "test.unit.log").as_uri(),
        "process.exit.code": 1,
        "error.type": "failure",
    }
    assert "error.type" not in values(spans["RUN plan"])
    resource = collector.resource()
    assert resource[names.CICD_PIPELINE_NAME] == "ci"
    assert resource["vcs.ref.head.name"] == "main"
    assert resource["vcs.ref.head.revision"] == "58e12e2c8a" * 4
    assert resource["service.name"] == "fullcycle"


def test_every_result_is_one_the_conventions_know() -> None:
    from opentelemetry.semconv._incubating.attributes.cicd_attributes import (
        CicdPipelineResultValues,
    )

    ended = {result.value for result in Result} - {"pending", "running"}
    assert ended == {value.value for value in CicdPipelineResultValues}


def test_a_deployment_says_where_and_how_it_went(send: Any) -> None:
    step = replace(project.succeeded().steps[0], name="deploy")
    run = replace(project.succeeded(), environment="staging", chain="cd", steps=(step,))
    with collecting() as collector:
        send(run, {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    found = values(collector.spans()["RUN deploy"])
    assert found["deployment.environment.name"] == "staging"
    assert found["deployment.status"] == "succeeded"
    assert found["cicd.pipeline.task.type"] == "deploy"


def test_the_name_of_the_service_is_the_users(send: Any) -> None:
    variables = {"OTEL_SERVICE_NAME": "shop-ci", "OTEL_RESOURCE_ATTRIBUTES": "team=shop"}
    with collecting() as collector:
        send(project.succeeded(), {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **variables})
    assert (collector.resource()["service.name"], collector.resource()["team"]) == (
        "shop-ci",
        "shop",
    )


@pytest.mark.parametrize(
    "variables",
    [
        {"OTEL_SDK_DISABLED": "true"},
        {"OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
    ],
)
def test_nothing_is_sent_or_said_when_nobody_wants_it(send: Any, variables: dict[str, str]) -> None:
    with collecting() as collector:
        chosen = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **variables}
        assert send(project.succeeded(), chosen)[1] == []
    assert collector.requests == []


def test_nothing_is_sent_when_the_caller_does_not_record(send: Any) -> None:
    with collecting() as collector:
        called = {"TRACEPARENT": f"00-{TRACE}-{SPAN}-00"}
        send(project.succeeded(), {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}, called)
    assert collector.requests == []


def test_a_refusal_is_one_line_and_nothing_else(
    send: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    with collecting(status=400) as collector:
        _, notes = send(project.succeeded(), {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    assert len(notes) == 1
    assert notes[0].startswith(f"no trace was sent to {collector.url}: ")
    assert "400" in notes[0]
    assert capfd.readouterr() == ("", "")


def test_an_endpoint_that_nobody_listens_on_is_one_line(
    send: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otel, "LIMIT_SECONDS", 0.5)
    with collecting() as collector:
        gone = collector.url
    _, (note,) = send(project.succeeded(), {"OTEL_EXPORTER_OTLP_ENDPOINT": gone})
    assert note.startswith(f"no trace was sent to {gone}: ")
    assert capfd.readouterr() == ("", "")


def test_an_endpoint_that_never_answers_does_not_hold_the_run_up(
    send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otel, "LIMIT_SECONDS", 0.3)
    with collecting(silent=threading.Event()) as collector:
        _, (note,) = send(project.succeeded(), {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    assert note.startswith(f"no trace was sent to {collector.url}: ")


def test_another_protocol_is_named(send: Any) -> None:
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    }
    assert send(project.succeeded(), variables)[1] == [
        "no trace was sent: http/protobuf is spoken here, not grpc"
    ]


def test_a_missing_extra_is_one_line_that_names_it(
    send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("opentelemetry")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "fullcycle.report.spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    (note,) = send(project.succeeded(), variables)[1]
    assert note.endswith("is not installed: install fullcycle[otel]")


def test_without_an_endpoint_nothing_of_opentelemetry_is_loaded() -> None:
    code = """
import os, sys, pathlib
from fullcycle.pipeline.trace import Trace
from fullcycle.report.otel import export
import report_project
export(report_project.succeeded(), Trace.begin({}), folder=pathlib.Path("/"),
       branch=lambda: 1 / 0, environ={}, note=print)
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
