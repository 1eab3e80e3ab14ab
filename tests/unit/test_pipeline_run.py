from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from fullcycle.errors import (
    BreachedError,
    ExitCode,
    InterruptedRunError,
    StepError,
    UsageError,
)
from fullcycle.model import Result, Run, StepRecord
from fullcycle.pipeline.codec import parse
from fullcycle.pipeline.ledger import Ledger
from fullcycle.pipeline.mask import Masker
from fullcycle.pipeline.run import Outcome, execute
from fullcycle.pipeline.step import Command, Retries, Step, StepContext
from fullcycle.report.quiet import Quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

LONG = 600


class Listener(Quiet):
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.planned: list[str] = []
        self.output: dict[str, str] = {}
        self.tails: dict[str, str] = {}
        self.notes: list[str] = []

    def run_planned(self, run: Run, steps: Sequence[Step]) -> None:
        assert run.result is Result.PENDING
        self.planned = [f"{step.name}: {step.describe}" for step in steps]

    def step_output(self, name: str, text: str) -> None:
        self.output[name] = f"{self.output.get(name, '')}{text}\n"

    def step_finished(self, record: StepRecord, tail: str) -> None:
        self.tails[record.name] = tail

    def note(self, text: str) -> None:
        self.notes.append(text)


class Bed:
    """A project to run steps in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ledger = Ledger(root)
        self.listener = Listener()

    def __call__(self, *steps: Step, **options: Any) -> Outcome:
        given = {
            "chain": "ci",
            "root": self.root,
            "reporter": self.listener,
            "ledger": self.ledger,
            "masker": Masker(["hunter22"]),
            "jobs": 4,
        }
        return execute(steps, **{**given, **options})

    def log(self, run: Run, name: str) -> str:
        return (self.root / ".fullcycle" / "runs" / run.id / f"{name}.log").read_text()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Bed]:
    bed = Bed(tmp_path)
    yield bed
    bed.ledger.close()


def sh(name: str, command: str, *needs: str, **options: Any) -> Step:
    return Step(name=name, action=Command(run=command), needs=frozenset(needs), **options)


def py(name: str, action: Callable[[StepContext], object], *needs: str, **options: Any) -> Step:
    return Step(name=name, action=action, needs=frozenset(needs), **options)


def results(outcome: Outcome) -> dict[str, str]:
    return {step.name: step.result.value for step in outcome.run.steps}


def reasons(outcome: Outcome) -> dict[str, str]:
    return {step.name: step.reason for step in outcome.run.steps}


def test_steps_run_in_order_and_are_recorded(run: Bed) -> None:
    outcome = run(
        sh("test", "cat made", "build"),
        sh("build", "echo content | tee made"),
        environment="local",
        revision="abc",
        by="me@here",
    )
    assert outcome.error is None
    assert outcome.run.result is Result.SUCCESS
    assert results(outcome) == {"build": "success", "test": "success"}
    assert run.log(outcome.run, "test") == "content\n"
    assert run.listener.output["test"] == "content\n"
    assert run.ledger.run("last") == outcome.run
    path = run.root / ".fullcycle" / "runs" / outcome.run.id / "run.json"
    assert parse(Run, path.read_text(), path) == outcome.run
    assert [step.exit_code for step in outcome.run.steps] == [0, 0]
    assert outcome.run.finished is not None


def test_independent_steps_run_at_the_same_time(run: Bed) -> None:
    together = threading.Barrier(3, timeout=30)
    outcome = run(*(py(f"s{n}", lambda _: together.wait()) for n in range(3)))
    assert outcome.run.result is Result.SUCCESS


def test_no_more_steps_run_at_a_time_than_there_are_jobs(run: Bed) -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def count(_: StepContext) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1

    run(*(py(f"s{n}", count) for n in range(6)), jobs=2)
    assert most[0] <= 2


def test_a_failure_stops_what_needs_it_and_nothing_else(run: Bed) -> None:
    outcome = run(
        sh("build", "echo boom; exit 3"),
        sh("lint", "sleep 0.1; true"),
        sh("test", "true", "build"),
        sh("deploy", "true", "test", "lint"),
        sh("tidy", "touch tidied", "deploy", always=True),
    )
    assert results(outcome) == {
        "build": "failure",
        "lint": "success",
        "test": "skip",
        "deploy": "skip",
        "tidy": "success",
    }
    assert reasons(outcome)["test"] == "needs build, which failed"
    assert reasons(outcome)["deploy"] == "needs build, which failed"
    assert reasons(outcome)["build"] == "exit code 3"
    assert outcome.run.result is Result.FAILURE
    assert isinstance(outcome.error, StepError)
    assert outcome.error.log_tail == "boom"
    assert run.listener.tails["build"] == "boom"
    assert (run.root / "tidied").exists()


def test_a_step_that_only_comes_after_another_runs_though_that_failed(run: Bed) -> None:
    outcome = run(sh("a", "exit 1"), sh("b", "true", after=frozenset({"a"})))
    assert results(outcome) == {"a": "failure", "b": "success"}


def test_the_error_of_a_function_keeps_its_exit_code(run: Bed) -> None:
    def measure(_: StepContext) -> None:
        raise BreachedError("cpu is 95 %", hint="scale up")

    outcome = run(py("monitor", measure))
    assert outcome.error is not None
    assert outcome.error.code is ExitCode.BREACHED
    assert results(outcome) == {"monitor": "failure"}
    assert reasons(outcome) == {"monitor": "cpu is 95 % (scale up)"}


@pytest.mark.parametrize("error", [ValueError("bad\nvalue"), SystemExit(3), KeyError()])
def test_any_other_exception_is_one_line_and_a_traceback_in_the_log(
    run: Bed, error: BaseException
) -> None:
    def fail(_: StepContext) -> None:
        raise error

    outcome = run(py("odd", fail))
    assert results(outcome) == {"odd": "error"}
    assert "\n" not in reasons(outcome)["odd"]
    assert type(error).__name__ in reasons(outcome)["odd"]
    assert "Traceback" in run.log(outcome.run, "odd")


def test_a_shell_command_that_is_missing_says_so(run: Bed) -> None:
    outcome = run(sh("lint", "no-such-command ."))
    assert "command not found" in reasons(outcome)["lint"]
    assert "no-such-command" in run.listener.tails["lint"]


def test_a_listed_command_that_is_missing_is_named(run: Bed) -> None:
    outcome = run(Step(name="lint", action=Command(run=("no-such-command", "."))))
    assert "command not found: no-such-command" in reasons(outcome)["lint"]


def test_a_function_has_a_bench(run: Bed) -> None:
    def work(context: StepContext) -> None:
        context.log("begun")
        assert context.run(["sh", "-c", "echo $ONE $TWO"], env={"TWO": "2"}).tail == "1 2"
        assert context.run(["false"], check=False).exit_code == 1
        context.checkpoint()
        context.summarize("all\ngood")
        assert context.root == run.root

    outcome = run(py("work", work), environ={"ONE": "1"})
    assert outcome.error is None
    assert outcome.run.steps[0].summary == "all good"
    assert run.log(outcome.run, "work") == "begun\n1 2\n"


def test_a_command_of_a_function_that_fails_is_named_with_its_last_words(run: Bed) -> None:
    outcome = run(py("work", lambda c: c.run(["sh", "-c", "echo last words; exit 2"])))
    assert "exited with 2" in reasons(outcome)["work"]
    assert outcome.error is not None
    assert outcome.error.log_tail == "last words"


def test_a_command_gets_its_environment_and_folder(run: Bed) -> None:
    (run.root / "sub").mkdir()
    action = Command(run="pwd; echo $A $B", env={"B": "2"}, cwd=run.root / "sub")
    outcome = run(Step(name="s", action=action), environ={"A": "1", "B": "0"})
    assert run.log(outcome.run, "s") == f"{run.root / 'sub'}\n1 2\n"


def test_a_step_may_be_tried_again(run: Bed) -> None:
    outcome = run(sh("flaky", "test -e tried || { touch tried; exit 1; }", retries=2))
    record = outcome.run.steps[0]
    assert record.result is Result.SUCCESS
    assert record.attempts == 2
    assert "attempt 1 of 3" in run.log(outcome.run, "flaky")


def test_a_step_is_not_tried_for_ever(run: Bed) -> None:
    outcome = run(sh("bad", "echo x >> tries; exit 1", retries=2))
    assert outcome.run.steps[0].attempts == 3
    assert (run.root / "tries").read_text() == "x\n" * 3


def test_wrong_usage_is_not_tried_again(run: Bed) -> None:
    def fail(_: StepContext) -> None:
        raise UsageError("no")

    outcome = run(py("bad", fail, retries=5))
    assert outcome.run.steps[0].attempts == 1


def test_a_command_that_takes_too_long_is_a_timeout(run: Bed) -> None:
    outcome = run(sh("slow", f"sleep {LONG}; echo", timeout=0.2), sh("next", "true", "slow"))
    assert results(outcome) == {"slow": "timeout", "next": "skip"}
    assert reasons(outcome) == {
        "slow": "took longer than 0.2 s",
        "next": "needs slow, which took too long",
    }
    assert outcome.run.result is Result.TIMEOUT


def test_a_function_is_stopped_at_its_checkpoint_and_in_its_commands(run: Bed) -> None:
    def wait(context: StepContext) -> None:
        while True:
            context.checkpoint()
            time.sleep(0.01)

    def command(context: StepContext) -> None:
        context.run(["sleep", str(LONG)], timeout=LONG)

    outcome = run(py("wait", wait, timeout=0.2), py("command", command, timeout=0.2))
    assert results(outcome) == {"wait": "timeout", "command": "timeout"}
    assert set(reasons(outcome).values()) == {"took longer than 0.2 s"}


def test_a_function_that_overlooks_its_time_is_a_timeout_when_it_returns(run: Bed) -> None:
    outcome = run(py("slow", lambda _: time.sleep(0.2), timeout=0.1))
    assert results(outcome) == {"slow": "timeout"}


def test_only_and_skip_choose_steps(run: Bed) -> None:
    steps = (sh("build", "touch built"), sh("test.a", "true", "build"), sh("test.b", "false"))
    only = run(*steps, only=["test.a"])
    assert results(only) == {"test.a": "success"}
    skip = run(*steps, skip=["build", "test.b"])
    assert results(skip) == {"build": "skip", "test.a": "success", "test.b": "skip"}
    assert skip.run.result is Result.SUCCESS
    assert not (run.root / "built").exists()


def test_a_dry_run_shows_what_would_run_and_writes_nothing(run: Bed) -> None:
    steps = (
        sh("test", "pytest --key hunter22", "build"),
        py("build", lambda _: 1 / 0, describe="make the bundle"),
        sh("lint", "ruff"),
    )
    outcome = run(*steps, dry=True, skip=["lint"])
    assert run.listener.planned == ["build: make the bundle", "test: pytest --key ***"]
    assert outcome.error is None
    assert list(run.root.iterdir()) == []


def test_resume_goes_on_from_what_failed(run: Bed) -> None:
    steps = (
        sh("build", "echo x >> builds"),
        sh("test", "test -e fixed", "build"),
        sh("release", "echo y >> releases", "test"),
        sh("tidy", "echo z >> tidied", "release", always=True),
    )
    first = run(*steps)
    assert results(first)["test"] == "failure"
    second = run(*steps, resume=True)
    assert results(second)["build"] == "skip"
    assert reasons(second)["build"] == f"done in run {first.run.id}"
    (run.root / "fixed").touch()
    third = run(*steps, resume=True)
    assert results(third) == {
        "build": "skip",
        "test": "success",
        "release": "success",
        "tidy": "success",
    }
    assert reasons(third)["build"] == f"done in run {first.run.id}"
    assert (run.root / "builds").read_text() == "x\n"
    assert (run.root / "tidied").read_text() == "z\n" * 3
    with pytest.raises(UsageError, match=r"nothing to resume: run .* succeeded"):
        run(*steps, resume=True)


def test_resume_is_of_the_same_chain_and_environment(run: Bed) -> None:
    run(sh("a", "false"), environment="staging")
    with pytest.raises(UsageError, match="has not run here yet"):
        run(sh("a", "false"), environment="local", resume=True)
    with pytest.raises(UsageError, match="has not run here yet"):
        run(sh("a", "false"), environment="staging", chain="cd", resume=True)


def test_secrets_are_in_no_log_record_or_report(run: Bed) -> None:
    def fail(context: StepContext) -> None:
        context.log("log hunter22")
        context.summarize("summary hunter22")
        raise StepError("error hunter22", hint="hint hunter22", log_tail="tail hunter22")

    def odd(_: StepContext) -> None:
        raise ValueError("odd hunter22")

    outcome = run(
        sh("a", "echo hunter22"),
        py("b", fail),
        py("c", odd),
        py("d", lambda c: c.run(["false", "hunter22"])),
        sh("e", f"sleep {LONG}; echo hunter22", timeout=0.2),
    )
    run.ledger.close()
    assert "hunter22" not in repr((outcome.run, outcome.error))
    assert not [step for step in outcome.steps if "hunter22" in step.describe]
    assert outcome.error is not None
    assert "hunter22" not in outcome.error.log_tail + str(outcome.error)
    assert "hunter22" not in str(run.listener.output) + str(run.listener.tails)
    for path in (run.root / ".fullcycle").rglob("*"):
        assert path.is_dir() or b"hunter22" not in path.read_bytes(), path


def test_a_ledger_that_cannot_be_written_is_refused_before_anything_runs(run: Bed) -> None:
    (run.root / ".fullcycle").write_text("in the way")
    with pytest.raises(UsageError, match="cannot write to"):
        run(sh("a", "touch started"))
    assert not (run.root / "started").exists()


def test_a_folder_that_disappears_fails_the_steps_but_ends_the_run(run: Bed) -> None:
    outcome = run(
        sh("a", "rm -rf .fullcycle && echo gone > .fullcycle"),
        sh("b", "true", "a"),
        sh("c", "true", after=frozenset({"b"}), always=True),
    )
    assert results(outcome) == {"a": "success", "b": "failure", "c": "failure"}
    assert "cannot write the log" in reasons(outcome)["b"]
    assert any("not recorded whole" in note for note in run.listener.notes)


def test_without_a_ledger_the_logs_are_kept(run: Bed) -> None:
    outcome = run(sh("a", "echo hello"), ledger=None)
    assert run.log(outcome.run, "a") == "hello\n"
    assert not (run.root / ".fullcycle" / "ledger.sqlite").exists()


def test_a_run_works_in_a_thread_and_without_steps(run: Bed) -> None:
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(run(sh("a", "true"))))
    thread.start()
    thread.join(30)
    assert outcomes[0].run.result is Result.SUCCESS
    assert run().run.result is Result.SUCCESS


def test_a_signal_cancels_what_runs_and_always_steps_still_run(run: Bed) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def interrupt(context: StepContext) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        context.run(["sleep", str(LONG)])

    outcome = run(
        py("first", interrupt),
        sh("second", "true", "first"),
        sh("tidy", "touch tidied", "second", always=True),
    )
    assert results(outcome) == {
        "first": "cancellation",
        "second": "cancellation",
        "tidy": "success",
    }
    assert outcome.run.result is Result.CANCELLATION
    assert outcome.run.reason == "interrupted by SIGTERM"
    assert isinstance(outcome.error, InterruptedRunError)
    assert (run.root / "tidied").exists()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_signal_ends_even_what_does_not_listen(run: Bed) -> None:
    let_go = threading.Event()

    def deaf(_: StepContext) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        let_go.wait(LONG)

    outcome = run(py("deaf", deaf), sh("tidy", "touch tidied", "deaf", always=True))
    let_go.set()
    assert results(outcome) == {"deaf": "cancellation", "tidy": "cancellation"}
    assert not (run.root / "tidied").exists()


def test_a_reporter_that_fails_leaves_no_process_behind(run: Bed) -> None:
    class Broken(Listener):
        def step_finished(self, *_: object) -> None:
            raise RuntimeError("broken reporter")

    with pytest.raises(RuntimeError, match="broken reporter"):
        run(sh("a", "true"), sh("b", f"sleep {LONG}"), reporter=Broken())


def test_a_step_that_may_fail_does_not_stop_what_needs_it_and_the_run_fails(run: Bed) -> None:
    outcome = run(
        sh("lint", "exit 4", passable=True),
        sh("build", "touch built", "lint"),
        sh("test", "true", "build"),
    )
    assert results(outcome) == {"lint": "failure", "build": "success", "test": "success"}
    assert outcome.run.result is Result.FAILURE
    assert reasons(outcome)["lint"] == "exit code 4"
    assert outcome.error is not None


def test_a_step_that_may_fail_still_stops_others_when_it_could_not_run(run: Bed) -> None:
    outcome = run(
        sh("build", "false"), sh("lint", "true", "build", passable=True), sh("test", "true", "lint")
    )
    assert results(outcome) == {"build": "failure", "lint": "skip", "test": "skip"}


def test_a_step_whose_time_has_not_come_is_skipped_with_the_reason(run: Bed) -> None:
    outcome = run(
        sh("slow", "false", when=lambda: "the branch is dev, not main"),
        sh("quick", "true", "slow", when=lambda: ""),
    )
    assert results(outcome) == {"slow": "skip", "quick": "success"}
    assert reasons(outcome)["slow"] == "the branch is dev, not main"


def test_two_steps_that_use_the_same_thing_never_run_at_the_same_time(run: Bed) -> None:
    lock, now, most = threading.Lock(), {"docker": 0, "db": 0}, {"docker": 0, "db": 0}

    def use(tag: str) -> Callable[[StepContext], object]:
        def action(_: StepContext) -> None:
            with lock:
                now[tag] += 1
                most[tag] = max(most[tag], now[tag])
            time.sleep(0.02)
            with lock:
                now[tag] -= 1

        return action

    outcome = run(
        *(py(f"d{n}", use("docker"), uses=frozenset({"docker"})) for n in range(4)),
        *(py(f"b{n}", use("db"), uses=frozenset({"db:2"})) for n in range(4)),
        jobs=8,
    )
    assert outcome.run.result is Result.SUCCESS
    assert most["docker"] == 1
    assert 1 <= most["db"] <= 2


def test_a_thing_is_free_again_after_a_failure(run: Bed) -> None:
    outcome = run(
        sh("a", "false", uses=frozenset({"docker"})), sh("b", "true", uses=frozenset({"docker"}))
    )
    assert results(outcome) == {"a": "failure", "b": "success"}


def test_only_the_named_exit_codes_are_tried_again(run: Bed) -> None:
    retries = Retries(times=3, on=frozenset({75}), wait=0.01)
    outcome = run(
        sh("busy", "test -e tried || { touch tried; exit 75; }", retries=retries),
        sh("wrong", "exit 1", retries=retries),
        py("inside", lambda c: c.run(["sh", "-c", "echo x >> t; exit 75"]), retries=retries),
    )
    attempts = {step.name: step.attempts for step in outcome.run.steps}
    assert attempts == {"busy": 2, "wrong": 1, "inside": 4}
    assert "trying again in 0.01 s" in run.log(outcome.run, "busy")
    assert {step.name: step.exit_code for step in outcome.run.steps}["inside"] == 75


def test_the_wait_before_another_attempt_doubles_up_to_a_limit() -> None:
    retries = Retries(times=9, wait=2.0)
    assert [retries.seconds(attempt) for attempt in (1, 2, 3, 9)] == [2.0, 4.0, 8.0, 60.0]
    assert Retries(times=1).seconds(1) == 0.0
    assert Retries(times=2, wait=90.0).seconds(2) == 90.0


def test_an_interrupt_ends_the_wait_for_another_attempt(run: Bed) -> None:
    log = run.root / ".fullcycle" / "runs"

    def stop(_: StepContext) -> None:
        while not any("trying again" in path.read_text() for path in log.glob("*/bad.log")):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    outcome = run(
        sh("bad", "exit 1", retries=Retries(times=1, wait=LONG, longest=LONG)), py("stop", stop)
    )
    assert outcome.run.result is Result.CANCELLATION
    assert outcome.run.steps[0].attempts == 1


@pytest.mark.parametrize("ending", ["failure", "skip", "blocked", "passable"])
def test_a_finally_step_runs_whatever_became_of_what_it_needs(run: Bed, ending: str) -> None:
    outcome = run(
        sh("first", "false" if ending == "blocked" else "true"),
        sh(
            "second",
            "true" if ending == "skip" else "false",
            "first",
            passable=ending == "passable",
            when=lambda: "not now" if ending == "skip" else "",
        ),
        sh("tidy", "touch tidied", "second", always=True),
        sh("last", "touch last", "tidy"),
    )
    assert results(outcome)["tidy"] == "success"
    assert (run.root / "tidied").exists()
    assert (run.root / "last").exists()


def test_a_finally_step_that_fails_fails_the_run(run: Bed) -> None:
    outcome = run(sh("work", "true"), sh("tidy", "exit 9", "work", always=True))
    assert outcome.run.result is Result.FAILURE
    assert outcome.run.steps[1].exit_code == 9


def test_logs_of_names_that_differ_only_in_odd_letters_are_kept_apart(run: Bed) -> None:
    outcome = run(sh("test.unit[a,b]", "echo one"), sh("test.unit[a;b]", "echo two"))
    logs = [step.log for step in outcome.run.steps]
    folder = run.root / ".fullcycle" / "runs" / outcome.run.id
    assert sorted((folder / log).read_text() for log in logs) == ["one\n", "two\n"]


def test_a_mistake_of_our_own_ends_its_step_and_not_in_waiting_for_ever(
    run: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise NameError("entry")

    monkeypatch.setattr("fullcycle.pipeline.execution.perform", broken)
    outcome = run(sh("a", "true"))
    assert results(outcome) == {"a": "error"}
    assert reasons(outcome)["a"] == "fullcycle itself failed: NameError: entry"
    assert "Traceback" in run.listener.tails["a"]
