"""What the last run of a chain has done already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ledger import Ledger
    from .step import Step

DONE = "done in run"
LOOK_BACK = 200


def done_before(
    ledger: Ledger | None, chain: str, environment: str, steps: Sequence[Step]
) -> dict[str, str]:
    """Names of steps the last run did successfully, each with the reason not to run it again.

    `always` steps are done in every run.

    Raises:
        UsageError: there is no run to go on from, it succeeded, or it is still running.
    """
    runs = ledger.runs(limit=LOOK_BACK, chain=chain) if ledger is not None else []
    last = next((run for run in runs if run.environment == environment), None)
    if ledger is None or last is None:
        raise UsageError(
            f"nothing to resume: {chain} has not run here yet", hint="run it without --resume"
        )
    if last.result is Result.SUCCESS:
        raise UsageError(
            f"nothing to resume: run {last.id} of {chain} succeeded",
            hint="run it without --resume",
        )
    if last.finished is None and last.id not in {run.id for run in ledger.interrupted()}:
        raise UsageError(f"run {last.id} of {chain} is still running", hint="wait until it ends")
    again = {step.name for step in steps if not step.always}
    done = {
        record.name: record.reason if record.reason.startswith(DONE) else f"{DONE} {last.id}"
        for record in last.steps
        if record.result is Result.SUCCESS or record.reason.startswith(DONE)
    }
    return {name: reason for name, reason in done.items() if name in again}
