"""A run with something of everything, and those before it, as a report shows them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.model import Result, Run, StepRecord
from fullcycle.observe.coverage import Coverage, Covered
from fullcycle.observe.junit import Case, Suite
from fullcycle.observe.tested import Tested, keep
from fullcycle.pipeline.execution import Outcome
from fullcycle.pipeline.ledger import Ledger
from fullcycle.pipeline.mask import Masker
from fullcycle.pipeline.step import Command, Step
from fullcycle.report.files import write_reports

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 11, 22, 15, 37, 2, tzinfo=UTC)
NASTY = "</script><script>alert('shop')</script><img src=x onerror=alert(1)> & \x1b[31mred\x1b[0m"
REASON = "211 passed, 2 failed: tests.shop.test_pay: assert 402 == 200"
HINT = "run it alone with `tox -e py311 -- -k pay`"
DURATIONS = {
    "plan": 0.4,
    "code.format": 0.6,
    "code.lint": 1.1,
    "code.secrets": 2.2,
    "code.types": 6.8,
    "build": 7.4,
    "test.unit": 12.6,
    "test.smoke": 3.1,
    "release": 2.0,
}
BEGINS = {
    "plan": 0.0,
    "code.format": 0.42,
    "code.lint": 0.42,
    "code.secrets": 1.05,
    "code.types": 1.55,
    "build": 3.3,
    "test.unit": 8.4,
    "test.smoke": 10.75,
    "release": 21.05,
}
NEEDS = {
    "code.format": {"plan"},
    "code.lint": {"plan"},
    "code.secrets": {"plan"},
    "code.types": {"plan"},
    "build": {"plan"},
    "test.unit": {"plan"},
    "test.smoke": {"build"},
    "release": {"build", "test.unit", "test.smoke"},
}
COMMANDS = {"code.lint": "ruff check .", "code.types": "mypy plugins tests", "test.unit": "tox"}


def steps() -> tuple[Step, ...]:
    """The graph of the run."""
    return tuple(
        Step(
            name=name,
            action=Command(run=COMMANDS.get(name, name)),
            needs=frozenset(NEEDS.get(name, ())),
            describe=COMMANDS.get(name, ""),
        )
        for name in DURATIONS
    )


def record(start: datetime, name: str, factor: float = 1.0) -> StepRecord:
    """A step that succeeded, `factor` times as slow as usual."""
    begin = start + timedelta(seconds=BEGINS[name] * factor)
    seconds = DURATIONS[name] * factor
    return StepRecord(
        name=name,
        result=Result.SUCCESS,
        started=begin,
        finished=begin + timedelta(seconds=seconds),
        seconds=seconds,
        exit_code=0,
        attempts=1,
        summary="sha256:4f2a91c04f2a 12.1 MB" if name == "build" else "",
        log=f"{name}.log",
    )


def succeeded(number: int = 0, factor: float = 1.0) -> Run:
    """`ci`, in which all went well, `number` hours before the report's run."""
    start = START - timedelta(hours=number)
    made = tuple(record(start, name, factor) for name in DURATIONS)
    return Run(
        id=f"{start:%Y%m%d-%H%M%S}-4f2a",
        chain="ci",
        result=Result.SUCCESS,
        started=start,
        finished=max(step.finished for step in made if step.finished),
        environment="local",
        revision="58e12e2c8a" * 4,
        version="1.5.0.dev3+g58e12e2",
        by="ada@workbench",
        steps=made,
    )


def failed() -> Run:
    """`ci`, in which test.unit failed and release was not reached."""
    run = succeeded()
    by_name = {step.name: step for step in run.steps}
    by_name["test.unit"] = replace(
        by_name["test.unit"],
        result=Result.FAILURE,
        exit_code=1,
        attempts=2,
        reason=f"{REASON} ({HINT})",
    )
    by_name["code.lint"] = replace(by_name["code.lint"], seconds=4.1)
    by_name["test.smoke"] = StepRecord(name="test.smoke", result=Result.SKIP, reason="--skip")
    by_name["release"] = StepRecord(
        name="release", result=Result.SKIP, reason="needs test.unit, which failed"
    )
    return replace(run, result=Result.FAILURE, steps=tuple(by_name.values()))


def cancelled() -> Run:
    """`ci`, which somebody interrupted."""
    run = succeeded()
    rest = tuple(
        StepRecord(name=s.name, result=Result.CANCELLATION, reason="interrupted by SIGINT")
        for s in run.steps[5:]
    )
    return replace(
        run,
        result=Result.CANCELLATION,
        reason="interrupted by SIGINT",
        finished=run.started + timedelta(seconds=9),
        steps=(*run.steps[:5], *rest),
    )


def tested() -> Tested:
    """What test.unit left."""
    names = [f"tests.shop.test_basket.test_{n}_articles_in_the_basket" for n in range(9)]
    return Tested(
        step="test.unit",
        suite=Suite(
            tests=214,
            failed=2,
            skipped=1,
            seconds=31.4,
            failures=(
                Case(
                    name="tests.shop.test_pay",
                    seconds=0.2,
                    message="assert 402 == 200",
                    detail=f"def test_pay():\n>   assert pay().status == 200\nE   {NASTY}",
                ),
                Case(name="tests.shop.test_refund", detail="KeyError: 'refund'"),
            ),
            skips=(Case(name="tests.shop.test_moon", message="no moon tonight"),),
            slowest=tuple(Case(name=each, seconds=3.0 - n / 4) for n, each in enumerate(names)),
        ),
        coverage=Coverage(
            total=Covered(lines=4210, covered=3698),
            files=61,
            least=(
                Covered(name="shop/pay/refund.py", lines=180, covered=41),
                Covered(name="shop/mail.py", lines=90, covered=60),
            ),
        ),
    )


def outcome(run: Run) -> Outcome:
    """How the run ended."""
    error = StepError(REASON, hint=HINT) if run.result is Result.FAILURE else None
    return Outcome(run, error, steps())


def reported(root: Path, run: Run, earlier: int = 12) -> Path:
    """The report of a run, after as many runs before it."""
    with closing(Ledger(root)) as ledger:
        for number in range(earlier, 0, -1):
            ledger.finish(succeeded(number, 0.9 + number % 4 / 20))
        ledger.finish(run)
        folder = ledger.folder(run.id)
        for step in run.steps:
            if step.log:
                lines = [f"{step.name} line {n} {NASTY}" for n in range(300)]
                (folder / step.log).write_text("\n".join(lines) + "\n")
        if run.result is not Result.CANCELLATION:
            keep(folder, tested())
        notes: list[str] = []
        path = write_reports(
            outcome(run), title="shop", ledger=ledger, masker=Masker(), note=notes.append
        )
    assert path, notes
    return path
