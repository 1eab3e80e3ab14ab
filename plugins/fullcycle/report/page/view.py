"""What the report of a run shows, computed from its records: no clock, no file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.model import Result
from fullcycle.web.figures import Sparkline, Timeline, timeline, trend
from fullcycle.web.runs import culprits
from fullcycle.web.states import RESULTS, State
from fullcycle.words import duration, plural

from . import flow
from .suites import SuiteView, suite_view
from .usual import Usual, of_run, of_step, seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fullcycle.errors import FullcycleError
    from fullcycle.model import Run, StepRecord
    from fullcycle.observe.tested import Tested
    from fullcycle.pipeline.step import Step
    from fullcycle.web.logs import Tail


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualView:
    """A duration, and the same one in earlier runs."""

    seconds: str
    usually: str
    """Empty the first time."""
    change: str
    tone: str
    line: Sparkline | None
    """None the first time."""
    count: int
    """How many the line shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step that ran."""

    name: str
    anchor: str
    state: State
    text: str
    """Why it failed, otherwise what it achieved."""
    does: str
    """The command, or what it does in words."""
    took: UsualView
    waited: str
    attempts: int
    exit_code: int | None
    critical: bool
    log: str
    tail: Tail | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A step that never ran."""

    name: str
    state: State
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A step that failed by itself."""

    step: StepView
    message: str
    hint: str
    tests: Sequence[str]
    """The failed tests, when it is a suite."""
    more: int
    """How many more there are."""
    tail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that the page shows."""

    title: str
    run: Run
    state: State
    took: UsualView
    work: str
    parallel: str
    """Work over duration: how many steps ran at the same time, on average."""
    causes: tuple[Cause, ...]
    remark: str
    """Why it did not end well, when no step is to blame."""
    critical: tuple[str, ...]
    critical_seconds: str
    critical_share: str
    timeline: Timeline
    waiting: bool
    """Whether a step waited for a free place."""
    steps: tuple[StepView, ...]
    left_out: tuple[LeftOut, ...]
    suites: tuple[SuiteView, ...]
    done: str


CAUSE_LINES = 15
CAUSE_TESTS = 5


def report(
    run: Run,
    *,
    title: str,
    steps: Sequence[Step],
    error: FullcycleError | None,
    earlier: Sequence[Run],
    tested: Sequence[Tested],
    tail: Callable[[StepRecord], Tail | None],
) -> Report:
    """What the report shows.

    Args:
        run: a run that has ended.
        title: the project's name.
        steps: as they were carried out, each with words for what it does.
        error: what the first failing step raised.
        earlier: comparable runs before it, oldest first.
        tested: what its test suites left.
        tail: gives the end of a step's log.
    """
    waits = flow.waits_for(steps)
    could = flow.ready(run, waits)
    critical = flow.critical_path(run, waits)
    describe = {step.name: step.describe for step in steps}
    ran = {
        s.name: StepView(
            name=s.name,
            anchor=f"step-{s.name}",
            state=RESULTS[s.result],
            text=s.reason if s.result is not Result.SUCCESS else s.summary,
            does=describe.get(s.name, ""),
            took=_usual(of_step(s, earlier)),
            waited=_some(flow.waited(s, could[s.name])),
            attempts=s.attempts,
            exit_code=s.exit_code,
            critical=s.name in critical,
            log=s.log,
            tail=tail(s),
        )
        for s in run.steps
        if s.started
    }
    work, seconds = sum(s.seconds for s in run.steps), seconds_of(run)
    on_path = sum(s.seconds for s in run.steps if s.name in critical)
    causes = tuple(_cause(ran[s.name], s, error, tested) for s in culprits(run) if s.name in ran)
    return Report(
        title=title,
        run=run,
        state=RESULTS[run.result],
        took=_usual(of_run(run, earlier)),
        work=duration(work),
        parallel=f"{work / seconds:.1f}" if seconds and work > seconds else "",
        causes=causes,
        remark="" if causes or not run.result.bad else run.reason or "It was stopped.",
        critical=critical,
        critical_seconds=duration(on_path),
        critical_share=f"{min(on_path / seconds, 1.0):.0%}".replace("%", " %") if seconds else "",
        timeline=timeline(run, run.finished or run.started, {}, could, critical),
        waiting=any(view.waited for view in ran.values()),
        steps=tuple(sorted(ran.values(), key=lambda view: _begin(run, view.name))),
        left_out=tuple(
            LeftOut(name=s.name, state=RESULTS[s.result], reason=s.reason)
            for s in run.steps
            if not s.started
        ),
        suites=tuple(map(suite_view, tested)),
        done=_done(run),
    )


def _cause(
    view: StepView, step: StepRecord, error: FullcycleError | None, tested: Sequence[Tested]
) -> Cause:
    known = error is not None and str(error) == step.reason
    suite = next((each.suite for each in tested if each.step == step.name), None)
    failures = suite.failures[:CAUSE_TESTS] if suite else ()
    lines = view.tail.text.splitlines()[-CAUSE_LINES:] if view.tail else []
    return Cause(
        step=view,
        message=(suite.summary if suite and failures else "")
        or (error.message if known and error else step.reason),
        hint=error.hint if known and error else "",
        tests=tuple(case.line for case in failures),
        more=suite.failed - len(failures) if suite and failures else 0,
        tail="\n".join(lines),
    )


def _usual(usual: Usual) -> UsualView:
    usually = usual.usually
    return UsualView(
        seconds=duration(usual.seconds),
        usually=duration(usually) if usually is not None else "",
        change=usual.change,
        tone="warn" if usual.much_longer else "quiet",
        line=trend(usual.values) if usual.before else None,
        count=len(usual.values),
    )


def _done(run: Run) -> str:
    """`8 steps`, or how many of them succeeded."""
    good = sum(step.result is Result.SUCCESS for step in run.steps)
    total = plural(len(run.steps), "step")
    return total if good == len(run.steps) else f"{good} of {total} succeeded"


def _some(seconds: float) -> str:
    return duration(seconds) if seconds else ""


def _begin(run: Run, name: str) -> str:
    return next(s.started.isoformat() if s.started else "" for s in run.steps if s.name == name)
