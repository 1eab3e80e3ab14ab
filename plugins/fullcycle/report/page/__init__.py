"""The report of a run: one HTML file that needs nothing else."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fullcycle.report.document import document
from fullcycle.web import templates
from fullcycle.web.logs import plain

from .view import report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jinja2 import Environment

    from fullcycle.errors import FullcycleError
    from fullcycle.model import Run, StepRecord
    from fullcycle.observe.tested import Tested
    from fullcycle.pipeline.step import Step
    from fullcycle.web.logs import Tail

HERE = Path(__file__).parent
NAME = "page.html.j2"


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
    return templates.document(_templates(), NAME, HERE / "page.css", data, shown=shown)


def prepare() -> None:
    """Do what a page needs that does not depend on a run."""
    for name in (NAME, *templates.SHARED):
        _templates().get_template(name)


@cache
def _templates() -> Environment:
    environment = templates.environment(HERE)
    environment.filters["plain"] = plain
    return environment
