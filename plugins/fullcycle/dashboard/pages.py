"""What each page shows, computed from the model: pure functions, no clock, no file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from fullcycle.model import Result
from fullcycle.web.figures import Timeline, timeline
from fullcycle.web.runs import culprits, state_of
from fullcycle.web.states import INTERRUPTED, State
from fullcycle.words import duration, plural, utc

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import datetime

    from fullcycle.model import Run, StepRecord

ENDED = frozenset({Result.SUCCESS, Result.SKIP, Result.FAILURE, Result.ERROR, Result.TIMEOUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step of a run's page."""

    name: str
    state: State
    started: datetime | None
    seconds: str
    attempts: int
    exit_code: int | None
    text: str
    """Why it failed or was skipped, otherwise what it achieved."""
    log_url: str
    """Empty when it wrote no log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a run failed: a step that failed by itself."""

    step: StepView
    tail: str
    """The last lines of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run, on its own page and as a row of the overview."""

    id: str
    url: str
    chain: str
    state: State
    started: datetime
    seconds: str
    live: bool
    environment: str
    revision: str
    version: str
    by: str
    steps: tuple[StepView, ...]
    progress: str
    """How many steps are done; what the strip of bars says, in words."""
    failed: tuple[str, ...]
    """The names of the steps that failed by themselves."""
    timeline: Timeline
    work: str
    """The seconds of all steps together."""
    speedup: str
    """Work over duration: how much running in parallel saved."""
    slowest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """A run's page: the cause of failure first."""

    run: RunView
    causes: tuple[Cause, ...]
    remark: str
    """Why it did not succeed, when no step is to blame."""


def run_view(run: Run, now: datetime, dead: Collection[str] = ()) -> RunView:
    """A run as it is shown.

    Args:
        run: from the ledger.
        now: the end of what is still running.
        dead: ids of runs whose process is gone though the ledger says they are running.
    """
    gone = run.id in dead
    end = run.finished or (_last_heard(run) if gone else now)
    states = {s.name: state_of(s.result, gone=gone) for s in run.steps}
    seconds = max((utc(end) - utc(run.started)).total_seconds(), 0.0)
    work = sum(s.seconds for s in run.steps)
    done = sum(s.result in ENDED for s in run.steps)
    slowest = max(run.steps, key=lambda s: s.seconds, default=None)
    return RunView(
        id=run.id,
        url=run_url(run.id),
        chain=run.chain,
        state=state_of(run.result, gone=gone),
        started=run.started,
        seconds=duration(seconds),
        live=run.result in {Result.RUNNING, Result.PENDING} and not gone,
        environment=run.environment,
        revision=run.revision[:10],
        version=run.version,
        by=run.by,
        steps=tuple(_step_view(run.id, s, states[s.name], end) for s in run.steps),
        progress=_progress(done, len(run.steps)),
        failed=tuple(s.name for s in culprits(run)),
        timeline=timeline(run, end, states),
        work=duration(work),
        speedup=f"{work / seconds:.1f} ×" if run.finished and seconds > 0 and work > 0 else "",
        slowest=f"{slowest.name}, {duration(slowest.seconds)}" if slowest else "",
    )


def run_page(
    run: Run, tail: Callable[[StepRecord], str], now: datetime, dead: Collection[str] = ()
) -> RunPage:
    """A run's page; `tail` gives the last lines of a step's log."""
    view = run_view(run, now, dead)
    steps = {s.name: s for s in view.steps}
    causes = tuple(Cause(step=steps[s.name], tail=tail(s)) for s in culprits(run))
    return RunPage(run=view, causes=causes, remark="" if causes else _remark(run, view))


def run_url(run_id: str) -> str:
    """The address of a run's page."""
    return f"/runs/{quote(run_id, safe='')}"


def log_url(run_id: str, step: str) -> str:
    """The address of a step's log."""
    return f"{run_url(run_id)}/logs/{quote(step, safe='')}"


def anything_runs(runs: Iterable[RunView]) -> bool:
    """Whether a page that shows these should be looked at again soon."""
    return any(run.live for run in runs)


def _last_heard(run: Run) -> datetime:
    moments = [m for s in run.steps for m in (s.started, s.finished) if m]
    return max(moments, key=utc, default=run.started)


def _step_view(run_id: str, step: StepRecord, state: State, end: datetime) -> StepView:
    seconds = step.seconds
    if step.result is Result.RUNNING and step.started:
        seconds = (utc(end) - utc(step.started)).total_seconds()
    return StepView(
        name=step.name,
        state=state,
        started=step.started,
        seconds=duration(max(seconds, 0.0)) if step.started else "",
        attempts=step.attempts,
        exit_code=step.exit_code,
        text=step.reason or step.summary,
        log_url=log_url(run_id, step.name) if step.log else "",
    )


def _progress(done: int, total: int) -> str:
    return plural(total, "step") if done == total else f"{done} of {plural(total, 'step')} done"


def _remark(run: Run, view: RunView) -> str:
    if view.state is INTERRUPTED:
        return (
            "Its process ended without finishing the run: it was killed, or the machine went down."
        )
    if not run.result.bad:
        return ""
    reasons: Sequence[str] = [s.reason for s in run.steps if s.result.bad and s.reason]
    return reasons[0] if reasons else f"The run was {view.state.word} before any step failed."
