"""The end of a run: a table of its steps, and how long it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import Result

from .words import WIDTH, WORDS, duration, note_of, word_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Run, StepRecord
    from fullcycle.pipeline.step import Step

    from .screen import Screen

NOTE_WIDTH = 100


def summarize(run: Run, screen: Screen) -> None:
    """Write the table, and the line that says how all of it went."""
    if len(run.steps) > 1:
        screen.line()
        names = max(len("step"), *(len(step.name) for step in run.steps))
        screen.line(f"{'step':{names}}  {'result':{WIDTH}}  {'time':>11}  note".rstrip(), "bold")
        for record in run.steps:
            screen.line(_row(record, names, screen))
    screen.line(_total(run), WORDS[run.result].colour)


def show_plan(run: Run, steps: Sequence[Step], screen: Screen) -> None:
    """Write what would run, in the order it can."""
    screen.line(f"{run.chain} would run, changing nothing now:")
    names = max((len(step.name) for step in steps), default=0)
    for step in steps:
        waits = ", ".join(sorted(step.needs | step.after))
        after = f"(after {waits})" if waits else ""
        screen.line("  " + "  ".join((f"{step.name:{names}}", step.describe, after)).rstrip())


def _row(record: StepRecord, names: int, screen: Screen) -> str:
    word = word_of(record)
    time = duration(record.seconds) if record.started else ""
    note = note_of(record)
    shown = note if len(note) <= NOTE_WIDTH else f"{note[: NOTE_WIDTH - 3]}..."
    result = screen.paint(f"{word.text:{WIDTH}}", word.colour)
    return f"{record.name:{names}}  {result}  {time:>11}  {shown}".rstrip()


def _total(run: Run) -> str:
    took = (run.finished - run.started).total_seconds() if run.finished else 0.0
    work = sum(step.seconds for step in run.steps)
    saved = f" ({duration(work)} of work)" if work > took else ""
    verdict = "ok" if run.result is Result.SUCCESS else WORDS[run.result].text
    why = f": {run.reason}" if run.reason else ""
    return (
        f"{run.chain} {verdict} in {duration(took)}{saved}{why}; logs in .fullcycle/runs/{run.id}/"
    )
