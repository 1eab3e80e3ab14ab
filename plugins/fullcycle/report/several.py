"""Several reporters at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Run, StepRecord
    from fullcycle.pipeline.step import Step

    from .reporter import Reporter


class Several:
    """A Reporter that passes everything on, in order."""

    def __init__(self, reporters: Sequence[Reporter]) -> None:
        self._reporters = reporters

    def run_planned(self, run: Run, steps: Sequence[Step]) -> None:
        """See Reporter."""
        for reporter in self._reporters:
            reporter.run_planned(run, steps)

    def run_started(self, run: Run, steps: Sequence[Step]) -> None:
        """See Reporter."""
        for reporter in self._reporters:
            reporter.run_started(run, steps)

    def step_started(self, step: Step) -> None:
        """See Reporter."""
        for reporter in self._reporters:
            reporter.step_started(step)

    def step_output(self, name: str, text: str) -> None:
        """See Reporter."""
        for reporter in self._reporters:
            reporter.step_output(name, text)

    def step_finished(self, record: StepRecord, tail: str) -> None:
        """See Reporter."""
        for reporter in self._reporters:
            reporter.step_finished(record, tail)

    def run_finished(self, run: Run) -> None:
        """See Reporter."""
        for reporter in self._reporters:
            reporter.run_finished(run)

    def note(self, text: str) -> None:
        """See Reporter."""
        for reporter in self._reporters:
            reporter.note(text)
