"""What a run leaves behind, and for whom."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError

if TYPE_CHECKING:
    from threading import Timer

    from fullcycle.pipeline.run import Outcome
    from fullcycle.pipeline.trace import Trace
    from fullcycle.project import Project
    from fullcycle.report.reporter import Reporter


PATIENCE = 0.3
"""Seconds a run must take until it pays to get its report ready beside it."""


def prepare_reports() -> Timer:
    """Get ready what the page needs while the run's commands are at work; to be cancelled."""
    from threading import Timer

    def prepare() -> None:
        from fullcycle.report.page import prepare

        with suppress(Exception):  # whoever writes the page says what is wrong
            prepare()

    timer = Timer(PATIENCE, prepare)
    timer.daemon = True
    timer.start()
    return timer


def leave_reports(
    outcome: Outcome, trace: Trace, project: Project, reporter: Reporter, *, json: bool
) -> None:
    """Write a run's reports, say where, and send its trace to who collects them; never raises."""
    from fullcycle.report.files import write_reports
    from fullcycle.report.otel import export
    from fullcycle.report.screen import Screen

    path = write_reports(
        outcome,
        title=project.name,
        ledger=project.ledger,
        masker=project.masker,
        note=reporter.note,
    )
    if path is None:
        return
    Screen(sys.stderr if json else sys.stdout).line(f"report: {path.relative_to(project.root)}")
    export(
        outcome.run,
        trace,
        folder=path.parent,
        branch=lambda: _branch(project),
        environ=os.environ,
        note=reporter.note,
    )


def _branch(project: Project) -> str:
    """The branch for a trace; empty when there is none."""
    from fullcycle.versioning.branch import current

    try:
        return current(project.repository, os.environ) or ""
    except FullcycleError:
        return ""
