"""The words a run is told in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fullcycle.model import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Run, StepRecord
    from fullcycle.pipeline.step import Step


class Word(NamedTuple):
    """A result in a word, and its colour."""

    text: str
    colour: str


WORDS = {
    Result.PENDING: Word("planned", "dim"),
    Result.RUNNING: Word("running", ""),
    Result.SUCCESS: Word("ok", "green"),
    Result.FAILURE: Word("failed", "red"),
    Result.ERROR: Word("error", "red"),
    Result.TIMEOUT: Word("timeout", "red"),
    Result.CANCELLATION: Word("cancelled", "yellow"),
    Result.SKIP: Word("skipped", "dim"),
}
FRESH = Word("up to date", "green")
"""A step that did not have to run: a skipped one whose reason begins with these words."""
WIDTH = max(len(word.text) for word in (*WORDS.values(), FRESH))


def duration(seconds: float) -> str:
    """Seconds for people: `0.3 s`, `2 min 05 s`, `1 h 02 min`."""
    if seconds < 59.95:  # noqa: PLR2004 (what would be shown as 60.0 s)
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:  # noqa: PLR2004 (minutes of an hour)
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def heading(run: Run, steps: Sequence[Step]) -> str:
    """The first line of a run."""
    place = f" in {run.environment}" if run.environment else ""
    count = f"{len(steps)} step{'' if len(steps) == 1 else 's'}"
    return f"{run.chain}{place}: {count}, run {run.id}"


def is_fresh(record: StepRecord) -> bool:
    """Whether a step was up to date."""
    return record.result is Result.SKIP and record.reason.startswith(FRESH.text)


def word_of(record: StepRecord) -> Word:
    """How a step ended, in a word."""
    return FRESH if is_fresh(record) else WORDS[record.result]


def note_of(record: StepRecord) -> str:
    """What there is to say about a step: why it failed, or what it achieved."""
    attempts = f"attempt {record.attempts}" if record.attempts > 1 else ""
    text = record.summary if record.result is Result.SUCCESS else record.reason
    if is_fresh(record):
        text = ", ".join(filter(None, (text[len(FRESH.text) + 2 :], record.summary)))
    first, *more = text.splitlines() or [""]
    others = f"(and {len(more)} more lines)" if more else ""
    return ", ".join(filter(None, (" ".join(filter(None, (first, others))), attempts)))


def told(record: StepRecord) -> str:
    """A step that has ended, after the word for its result."""
    time = duration(record.seconds) if record.started else ""
    return "  ".join(filter(None, (record.name, time, note_of(record))))


def log_of(run_id: str, record: StepRecord) -> str:
    """Where a step's log is, from the project's folder; empty when it has none."""
    return f".fullcycle/runs/{run_id}/{record.log}" if record.log else ""
