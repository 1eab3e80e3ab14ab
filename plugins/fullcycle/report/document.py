"""One JSON document of a run, for machines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fullcycle.model import Result, Run, StepRecord

from .quiet import Quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.pipeline.step import Step

    from .screen import Screen

VERSION = 1
"""Of the document: raised when a key goes away or changes its meaning; new ones may come."""


class Document(Quiet):
    """Writes the Run when it is over; with `--dry`, what it would consist of."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def run_planned(self, run: Run, steps: Sequence[Step]) -> None:
        """See Reporter."""
        planned = (
            StepRecord(name=step.name, result=Result.PENDING, summary=step.describe)
            for step in steps
        )
        self.run_finished(replace(run, steps=tuple(planned)))

    def run_finished(self, run: Run) -> None:
        """See Reporter."""
        from json import dumps

        self._screen.line(dumps(document(run), indent=2, ensure_ascii=False))


def document(run: Run) -> dict[str, Any]:
    """The run as it is written for machines; `json_schema` says what it holds."""
    from json import loads

    from fullcycle.pipeline.codec import dump

    return {"schema": VERSION, **loads(dump(run))}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the document, with what every key means."""
    from pydantic import TypeAdapter

    from fullcycle.settings.reference import describe

    made = TypeAdapter(Run).json_schema(mode="serialization")
    describe(made, Run)
    describe(made["$defs"]["StepRecord"], StepRecord)
    made["$defs"]["Result"]["description"] = "How a step or a run ended."
    version = {"const": VERSION, "type": "integer", "description": "The document's own version."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "A run of fullcycle",
        "properties": {"schema": version, **made["properties"]},
        "required": ["schema", *made["required"]],
    }
