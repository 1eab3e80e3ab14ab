"""`--watch`: one use of a task that becomes many runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fullcycle.loop import Written
    from fullcycle.pipeline.execution import Outcome
    from fullcycle.pipeline.step import Step

    from .call import Call, Flags


def watch(call: Call, chain: str, links: Sequence[Written], choices: Mapping[str, Any]) -> None:
    """Run a chain, then what changes touch of it; ends with the exit code of the last round.

    Every round reads the settings anew. In the ledger these runs have a name of their own, for
    they are seldom whole.
    """
    from fullcycle.report.screen import Screen
    from fullcycle.tasks.guard import explain
    from fullcycle.watch.session import Session

    from .call import Call as Again
    from .call import raise_for

    people = Screen(sys.stderr if call.flags.json else sys.stdout)
    flags = call.flags._replace(watch=False, only=[], skip=[])

    first = True

    def carry_out(choose: Callable[[Sequence[Step]], Sequence[Step]]) -> Outcome | None:
        nonlocal first
        found: list[Outcome] = []
        this = flags._replace(resume=flags.resume and first)
        first = False
        Again(call.context, this, call.body).carry_out(
            chain,
            links,
            then=found.append,
            choose=lambda steps: choose(_asked_for(steps, call.flags)),
            record=f"{chain} --watch",
            **choices,
        )
        return found[0] if found else None

    last = Session(call.loaded.root, carry_out, people.line, explain).go()
    if last is not None:
        raise_for(last)


def _asked_for(steps: Sequence[Step], flags: Flags) -> Sequence[Step]:
    """The steps that `--only` and `--skip` leave."""
    from fullcycle.pipeline.graph import restrict, select

    chosen = select(steps, flags.only, flags.skip)
    return restrict(chosen.steps, {step.name for step in chosen.steps} - chosen.skipped)
