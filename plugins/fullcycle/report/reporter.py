"""What a run tells whoever watches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Run, StepRecord
    from fullcycle.pipeline.step import Step


class Reporter(Protocol):
    """Shows a run. Called from several threads; never raises because nobody watches any more.

    Everything it gets is masked already.
    """

    def run_planned(self, run: Run, steps: Sequence[Step]) -> None:
        """Nothing runs: show the steps in their order and what each would do (`--dry`)."""

    def run_started(self, run: Run, steps: Sequence[Step]) -> None:
        """The first line: comes before anything heavy is loaded."""

    def step_started(self, step: Step) -> None:
        """A step begins."""

    def step_output(self, name: str, text: str) -> None:
        """A running step wrote one or more whole lines; the last newline is left off."""

    def step_finished(self, record: StepRecord, tail: str) -> None:
        """A step ended or was skipped.

        Args:
            record: what became of it.
            tail: the last lines of its log.
        """

    def run_finished(self, run: Run) -> None:
        """All is over: the summary."""

    def note(self, text: str) -> None:
        """Something the user should know that belongs to no step."""
