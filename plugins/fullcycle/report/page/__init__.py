"""The report of a run: one HTML file that needs nothing else."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from fullcycle.report.document import document
from fullcycle.web import templates
from fullcycle.web.logs import plain

from .view import report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fullcycle.errors import FullcycleError
    from fullcycle.model import Run, StepRecord
    from fullcycle.observe.tested import Tested
    from fullcycle.pipeline.step import Step
    from fullcycle.web.logs import Tail

HERE = Path(__file__).parent


def page(
    run: Run,
    *,
    title: str,
    steps: Sequence[Step] = (),
    error: FullcycleError | None = None,
    earlier: Sequence[Run] = (),
    tested: Sequence[Tested] = (),
    tail: Callable[[StepRecord], Tail | None] = lambda _: None,
) -> str:
    """The page. Whatever the records hold, it is shown as text and never run; see `report`."""
    shown = report(
        run, title=title, steps=steps, error=error, earlier=earlier, tested=tested, tail=tail
    )
    data = {"run": document(run), "tests": [asdict(each) for each in tested]}
    environment = templates.environment(HERE)
    environment.filters["plain"] = plain
    return templates.document(environment, "page.html.j2", HERE / "page.css", data, shown=shown)
