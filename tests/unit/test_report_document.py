"""The JSON document of a run, and the schema that says what it holds."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from dashboard_project import cancelled_run, failed_run, running_run, succeeded_run
from fullcycle.model import Result, Run, StepRecord
from fullcycle.pipeline.step import Command, Step
from fullcycle.report.document import VERSION, Document, document, json_schema
from fullcycle.report.screen import Screen


def validate(value: Any) -> None:
    Draft202012Validator(
        json_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER
    ).validate(value)


@pytest.mark.parametrize("run", [failed_run(), succeeded_run(), cancelled_run(), running_run()])
def test_every_run_keeps_to_the_schema(run: Run) -> None:
    made = document(run)
    validate(made)
    assert made["schema"] == VERSION
    assert [s["name"] for s in made["steps"]] == [s.name for s in run.steps]


def test_what_would_be_done_keeps_to_the_schema() -> None:
    stream = io.StringIO()
    planned = replace(succeeded_run(), result=Result.PENDING, finished=None, steps=())
    Document(Screen(stream)).run_planned(planned, [Step(name="a", action=Command(run="true"))])
    validate(json.loads(stream.getvalue()))


@pytest.mark.parametrize(
    ("key", "value"),
    [("schema", 2), ("result", "great"), ("steps", [{"name": "a"}]), ("started", 5)],
)
def test_the_schema_refuses_what_is_wrong(key: str, value: object) -> None:
    with pytest.raises(ValidationError):
        validate({**document(failed_run()), key: value})


def test_the_schema_is_one_and_explains_the_keys_of_steps_and_runs() -> None:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    steps = schema["$defs"]["StepRecord"]["properties"]
    assert steps.keys() == {*StepRecord.__dataclass_fields__}
    assert steps["seconds"]["description"] == "Of all its attempts together."
    assert schema["required"][0] == "schema"
