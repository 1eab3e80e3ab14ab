"""One JSON document of a run, for machines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fullcycle.model import Result, StepRecord

from .quiet import Quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Run
    from fullcycle.pipeline.step import Step

    from .screen import Screen


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
        from fullcycle.pipeline.codec import dump

        self._screen.line(dump(run, indent=2))
