"""The page of what a run leaves behind."""

from __future__ import annotations

from typing import Any

from fullcycle.report.document import VERSION, json_schema
from fullcycle.report.otel import ENDPOINTS, LIMIT_SECONDS, SPOKEN

from .markdown import table

FILES = {
    "report.html": "One page that needs nothing else, to be opened, attached or archived.",
    "junit.xml": "The run as a test suite with a test case per step, for CI servers.",
    "run.json": "The run's record, as the ledger has it.",
    "<step>.log": "All that a step wrote, with secrets masked.",
    "<step>.tests.json": "What a test suite's JUnit and coverage files said.",
}
KINDS = {"StepRecord": "step", "Result": "result"}


def page() -> str:
    """From the document's schema and the exporter's own values."""
    schema = json_schema()
    files = table(("File", "What it is"), [(f"`{name}`", text) for name, text in FILES.items()])
    results = ", ".join(f"`{value}`" for value in schema["$defs"]["Result"]["enum"])
    return f"""# Reports of a run

Every run leaves its reports in `.fullcycle/runs/<id>/`, however it ended; it says where in the end.
`--dry` leaves nothing. A report that cannot be written is one line, and never the failure of a run.

{files}

The page shows the cause of a failure first; the steps over time, with the critical path and the
time each waited for a free place; the end of every log; tests and coverage; what did not run, and
why. Each duration stands beside the median of the last 10 successes of the same chain in the same
environment.

Tests are in it when `reports` in `[test.NAME]` names the JUnit files a suite writes, and coverage
when `coverage` names a Cobertura file.

## JUnit

A step that failed or took too long is a `failure`; one that broke, or was cancelled while it ran,
an `error`; one that never ran is `skipped`, with the reason.

## JSON

`--json` prints one document on standard output, and everything for people on standard error. Its
`schema` is {VERSION}: it is raised when a key goes away or changes its meaning; new keys may come
at any time. `invoke config.schema --run` prints the JSON Schema.

{_keys(schema)}

Each of `steps`:

{_keys(schema["$defs"]["StepRecord"])}

A `result` is one of {results}.

## Traces

Where {" or ".join(f"`{name}`" for name in ENDPOINTS)} is set and the
extra `otel` is installed, the run is sent there as OpenTelemetry spans ({SPOKEN}), in the semantic
conventions for CI/CD: one for the run, and one below it for each step that ran. OpenTelemetry's
other variables mean what they always mean. A run waits {LIMIT_SECONDS:g}
seconds for it, not longer.

A `TRACEPARENT` in the environment makes the run part of its caller's trace. Every command gets one
of its own, that of its step, so that what it sends is found below the step. This needs no extra."""


def _keys(schema: dict[str, Any]) -> str:
    return table(
        ("Key", "Type", "Meaning"),
        [
            (f"`{key}`", _type(value), value.get("description", ""))
            for key, value in schema["properties"].items()
        ],
    )


def _type(value: dict[str, Any]) -> str:
    if "anyOf" in value:
        return " or ".join(map(_type, value["anyOf"]))
    name = str(value.get("$ref", value.get("format", value.get("type", ""))))
    name = name.rpartition("/")[2]
    return KINDS.get(name, name)
