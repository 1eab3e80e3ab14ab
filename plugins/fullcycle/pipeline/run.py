"""A run: steps in parallel, each as soon as it can, and a good end whatever happens."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.model import Result, Run

from .execution import Execution, Outcome
from .graph import ranks, select, validate
from .record import Recorder, new_id
from .resume import done_before
from .step import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fullcycle.report.reporter import Reporter
    from fullcycle.uptodate.check import UpToDate

    from .ledger import Ledger
    from .mask import Masker
    from .step import Step
    from .trace import Trace

__all__ = ["Outcome", "execute"]


def execute(
    steps: Sequence[Step],
    *,
    chain: str,
    root: Path,
    reporter: Reporter,
    ledger: Ledger | None,
    masker: Masker,
    jobs: int | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    resume: bool = False,
    dry: bool = False,
    environ: Mapping[str, str] | None = None,
    environment: str = "",
    revision: str = "",
    version: Callable[[], str] = str,
    by: str = "",
    trace: Trace | None = None,
    uptodate: UpToDate | None = None,
    explain: bool = False,
) -> Outcome:
    """Run the steps, at most `jobs` at a time, and record what becomes of them.

    A failing step stops those that need it; the others go on, and `always` steps run in any
    case. The first SIGINT or SIGTERM stops what runs and still runs `always` steps, the second
    ends everything at once.

    Args:
        steps: in the order they are shown and preferably started.
        chain: what was asked for, as it is recorded.
        root: the project's folder.
        reporter: shows the run.
        ledger: records it; without one, only the logs are kept.
        masker: hides secrets in everything shown, recorded and returned.
        jobs: steps at the same time; the number of cores when None.
        only: steps or stages to run, and no others.
        skip: steps or stages that count as done.
        resume: go on from the last run of the chain in this environment.
        dry: only show what would be done; nothing runs, nothing is written.
        environ: variables every command gets, beside the process' own.
        environment: where it deploys to, as it is recorded.
        revision: the git commit, as it is recorded.
        version: asked at the end for the application's version, as far as the steps know it.
        by: user@host, as it is recorded.
        trace: its place in a distributed trace, which every command is told.
        uptodate: says which steps need not run; all run without.
        explain: say of every step why it runs, or why not.

    Raises:
        UsageError: the steps make no sense, a name is unknown, there is nothing to resume, or
            the ledger cannot be written. Nothing has run then.
    """
    validate(steps)
    chosen, skipped = select(steps, only, skip)
    reasons = {**_not_now(chosen), **dict.fromkeys(skipped, "--skip")}
    if resume:
        reasons = {**done_before(ledger, chain, environment, chosen), **reasons}
    shown = _described(chosen, masker)
    run = Run(
        id=new_id(),
        chain=chain,
        result=Result.RUNNING,
        started=datetime.now(UTC),
        environment=environment,
        revision=revision,
        by=by,
    )
    if dry:
        planned = replace(run, result=Result.PENDING)
        left = [step for step in shown if step.name not in reasons]
        if explain and uptodate is not None:
            told = uptodate.foresee(left)
            left = [replace(step, describe=told[step.name]) for step in left]
        reporter.run_planned(planned, left)
        return Outcome(planned, None)
    recorder = Recorder(run, shown, root, reporter, ledger, version=version)
    execution = Execution(
        shown,
        recorder,
        reporter,
        masker,
        root=root,
        environ={**(environ or {}), "FULLCYCLE_RUN": run.id},
        jobs=jobs or _cores(),
        trace=trace,
        seconds=ledger.durations([step.name for step in shown]) if ledger is not None else {},
        uptodate=uptodate,
        explain=explain,
    )
    return execution.go(reasons)._replace(steps=shown)


def _not_now(steps: Sequence[Step]) -> dict[str, str]:
    """Why it isn't the time for some steps, by name."""
    reasons = {step.name: step.when() for step in steps if step.when is not None}
    return {name: reason for name, reason in reasons.items() if reason}


def _described(steps: Sequence[Step], masker: Masker) -> tuple[Step, ...]:
    """The steps in the order they can run, each with words for what it does."""
    rank = ranks(steps)
    return tuple(
        replace(step, describe=masker.mask(_description(step)))
        for step in sorted(steps, key=lambda step: rank[step.name])
    )


def _description(step: Step) -> str:
    if step.describe or not isinstance(step.action, Command):
        return step.describe
    command = step.action.run
    return command if isinstance(command, str) else shlex.join(command)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
