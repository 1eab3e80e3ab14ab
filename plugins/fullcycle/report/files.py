"""What is left of a run beside its logs: its report as a page, and as JUnit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.pipeline.folder import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fullcycle.model import StepRecord
    from fullcycle.pipeline.execution import Outcome
    from fullcycle.pipeline.ledger import Ledger
    from fullcycle.pipeline.mask import Masker
    from fullcycle.web.logs import Tail

PAGE, JUNIT = "report.html", "junit.xml"
LOG_LINES = 200
JUNIT_LINES = 50
EARLIER = 40
"""Runs of the chain that are looked through for comparable ones."""


def write_reports(
    outcome: Outcome, *, title: str, ledger: Ledger, masker: Masker, note: Callable[[str], None]
) -> Path | None:
    """Write `report.html` and `junit.xml` into the run's folder; never raises.

    Args:
        outcome: how the run ended.
        title: the project's name.
        ledger: knows the runs before it, and where its logs are.
        masker: hides secrets in what is in neither ledger nor logs.
        note: gets one line for each report that cannot be written.

    Returns:
        The page, or None when there is none.
    """
    path: Path | None = None
    for name, make in ((JUNIT, _junit), (PAGE, _page)):
        try:
            folder = ledger.folder(outcome.run.id)
            write_atomically(folder / name, make(outcome, folder, masker.mask(title), ledger))
            path = folder / name
        except Exception as error:  # noqa: BLE001 (a report must not fail the run it is about)
            path = None
            note(f"there is no {name}: {' '.join(str(error).split()) or type(error).__name__}")
    return path


def _junit(outcome: Outcome, folder: Path, _title: str, _ledger: Ledger) -> str:
    from fullcycle.web.logs import of_step

    from .junit import junit

    def tail(step: StepRecord) -> str:
        found = of_step(folder, step, JUNIT_LINES)
        return found.text if found else ""

    return junit(outcome.run, tail)


def _page(outcome: Outcome, folder: Path, title: str, ledger: Ledger) -> str:
    from fullcycle.observe.tested import kept
    from fullcycle.web.logs import of_step

    from .page import page
    from .page.usual import comparable

    def tail(step: StepRecord) -> Tail | None:
        return of_step(folder, step, LOG_LINES)

    run = outcome.run
    return page(
        run,
        title=title,
        steps=outcome.steps,
        error=outcome.error,
        earlier=comparable(run, ledger.runs(limit=EARLIER, chain=run.chain)),
        tested=kept(folder),
        tail=tail,
    )
