"""A run as Markdown, for the page that a CI server shows of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fullcycle.model import Result
from fullcycle.words import duration, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fullcycle.model import Run, StepRecord

    from .annotation import Annotation

SIGNS = {
    Result.SUCCESS: "✅",
    Result.FAILURE: "❌",
    Result.ERROR: "❌",
    Result.TIMEOUT: "⌛",
    Result.CANCELLATION: "⏹️",
    Result.SKIP: "⏭️",
}
MOST = 50
"""Annotations that are listed."""


def summary(
    run: Run,
    annotations: Sequence[Annotation],
    tails: Mapping[str, str],
    outputs: Mapping[str, str],
    room: int,
) -> str:
    """The run's result, what is wrong, its steps, and the last lines of those that failed.

    Args:
        run: it has ended.
        annotations: what is wrong, the worst first.
        tails: last lines of the failed steps' logs.
        outputs: what was released and where it runs.
        room: bytes it may have; whole parts are left out at the end.
    """
    parts = [_head(run, outputs), *_wrong(annotations), _table(run)]
    parts += [_tail(name, tail) for name, tail in tails.items() if tail]
    kept = ""
    for part in parts:
        if len(f"{kept}{part}\n".encode()) > room:
            break
        kept += f"{part}\n"
    return kept


def _head(run: Run, outputs: Mapping[str, str]) -> str:
    took = (run.finished - run.started).total_seconds() if run.finished else 0.0
    place = f" in {cell(run.environment)}" if run.environment else ""
    why = f": {cell(run.reason)}" if run.reason else ""
    facts = "".join(f"- {name}: `{value}`\n" for name, value in outputs.items())
    sign = SIGNS.get(run.result, "")
    head = f"### {sign} {cell(run.chain)}{place}: {run.result.value} in {duration(took)}{why}\n"
    return f"{head}\n{facts}" if facts else head


def _wrong(annotations: Sequence[Annotation]) -> Iterator[str]:
    if not annotations:
        return
    yield "".join(f"- {_said(each)}\n" for each in annotations[:MOST])
    if len(annotations) > MOST:
        yield f"… and {len(annotations) - MOST} more\n"


def _said(each: Annotation) -> str:
    place = f"`{each.place}` " if each.file else ""
    title = f"**{cell(each.title)}** " if each.title else ""
    return f"{place}{title}{cell(each.message)}"


def _table(run: Run) -> str:
    head = f"| {plural(len(run.steps), 'step')} | result | time | |\n| --- | --- | ---: | --- |\n"
    return head + "".join(map(_row, run.steps))


def _row(step: StepRecord) -> str:
    time = duration(step.seconds) if step.started else ""
    note = step.summary if step.result is Result.SUCCESS else step.reason
    sign = SIGNS.get(step.result, "")
    return f"| {cell(step.name)} | {sign} {step.result.value} | {time} | {cell(note)} |\n"


def _tail(name: str, tail: str) -> str:
    """A block of code, fenced by more backticks than there are in it."""
    longest = max(map(len, re.findall(r"`+", tail)), default=0)
    fence = "`" * max(3, longest + 1)
    return (
        f"<details><summary>Last lines of {cell(name)}</summary>\n\n"
        f"{fence}text\n{tail}\n{fence}\n\n</details>\n"
    )


def cell(text: str) -> str:
    """Text as it is, in one line: nothing in it is markup."""
    line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_\[\]|#~])", r"\\\1", line)
