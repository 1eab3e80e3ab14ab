"""Says nothing; what other reporters start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Run, StepRecord
    from fullcycle.pipeline.step import Step


class Quiet:
    """A Reporter that says nothing."""

    def run_planned(self, run: Run, steps: Sequence[Step]) -> None:
        """See Reporter."""

    def run_started(self, run: Run, steps: Sequence[Step]) -> None:
        """See Reporter."""

    def step_started(self, step: Step) -> None:
        """See Reporter."""

    def step_output(self, name: str, text: str) -> None:
        """See Reporter."""

    def step_finished(self, record: StepRecord, tail: str) -> None:
        """See Reporter."""

    def run_finished(self, run: Run) -> None:
        """See Reporter."""

    def note(self, text: str) -> None:
        """See Reporter."""
