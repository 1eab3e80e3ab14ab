"""The ledger under many processes, kills and other machines."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from fullcycle.model import Result, Run, StepRecord
from fullcycle.pipeline import group
from fullcycle.pipeline.identity import born, same
from fullcycle.pipeline.ledger import Ledger
from fullcycle.pipeline.leftovers import FILE, find

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LONG = 600
PATIENCE = 60

pytestmark = pytest.mark.timeout(240)

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from fullcycle.model import Result, Run, StepRecord
from fullcycle.pipeline.ledger import Ledger

root, who, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
ledger = Ledger(root, keep=10_000)
for number in range(count):
    now = datetime.now(UTC)
    run = Run(id=f"{who}-{number}", chain=who, result=Result.RUNNING, started=now)
    ledger.begin(run)
    for name in ("a", "b"):
        ledger.step(run.id, StepRecord(name=name, result=Result.RUNNING, started=now))
        ledger.step(run.id, StepRecord(name=name, result=Result.SUCCESS, seconds=1.0))
    steps = tuple(StepRecord(name=n, result=Result.SUCCESS, seconds=1.0) for n in "ab")
    ledger.finish(Run(id=run.id, chain=who, result=Result.SUCCESS, started=now, finished=now,
                      steps=steps))
    ledger.prune()
    assert len(ledger.runs(limit=5)) >= 1
print("done")
"""

RUNNER = """
import sys
from pathlib import Path
from fullcycle.pipeline.ledger import Ledger
from fullcycle.pipeline.mask import Masker
from fullcycle.pipeline.run import execute
from fullcycle.pipeline.step import Command, Step
from fullcycle.report import choose

ROOT = Path(sys.argv[1])


def run(**commands):
    steps = [Step(name=name, action=Command(run=command)) for name, command in commands.items()]
    outcome = execute(steps, chain="ci", root=ROOT, reporter=choose(), ledger=Ledger(ROOT),
                      masker=Masker([]), jobs=4)
    sys.exit(outcome.error.code if outcome.error else 0)
"""


def python(script: str, *words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start(root: Path, script: str) -> subprocess.Popen[str]:
    return python(RUNNER + dedent(script), root)


def eventually(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, "it never happened"
        time.sleep(0.02)


def pid_in(path: Path) -> int:
    eventually(lambda: path.exists() and path.read_text().strip())
    return int(path.read_text())


def test_many_processes_share_a_ledger_and_nothing_is_lost(tmp_path: Path) -> None:
    writers = [python(WRITER, tmp_path, f"w{number}", 25) for number in range(6)]
    said = [writer.communicate(timeout=PATIENCE * 3)[0] for writer in writers]
    assert said == ["done\n"] * 6
    ledger = Ledger(tmp_path)
    runs = ledger.runs(limit=1000)
    assert len(runs) == 150
    assert {run.result for run in runs} == {Result.SUCCESS}
    assert all([step.name for step in run.steps] == ["a", "b"] for run in runs)
    assert ledger.notes == ()
    ledger.close()


def test_a_kill_at_any_moment_leaves_a_ledger_that_others_go_on_with(tmp_path: Path) -> None:
    for number in range(12):
        writer = python(WRITER, tmp_path, f"k{number}", 10_000)
        ledger = Ledger(tmp_path, keep=10_000)
        eventually(partial(ledger.runs, 1, f"k{number}"))
        time.sleep(0.003 * number)
        writer.kill()
        writer.communicate()
        now = datetime.now(UTC)
        ledger.begin(Run(id=f"after-{number}", chain="after", result=Result.RUNNING, started=now))
        assert ledger.interrupted() == []
        assert ledger.notes == ()
        ledger.close()
    db = sqlite3.connect(tmp_path / ".fullcycle" / "ledger.sqlite")
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_the_next_run_ends_what_a_killed_one_left_and_says_so(tmp_path: Path) -> None:
    killed = start(
        tmp_path,
        f"""
        run(tree="sleep {LONG} & echo $! > child; echo $$ > leader; wait",
            deaf="trap '' TERM; echo $$ > deaf; while true; do sleep {LONG}; done")
        """,
    )
    leader, child = pid_in(tmp_path / "leader"), pid_in(tmp_path / "child")
    deaf = pid_in(tmp_path / "deaf")
    killed.kill()
    killed.communicate()
    assert born(leader)
    assert born(child)
    following = start(tmp_path, 'run(next="true")')
    said, _ = following.communicate(timeout=PATIENCE)
    assert following.returncode == 0, said
    assert f"was killed while tree ran: ended what was left of it (process {leader})" in said
    assert f"(process {deaf})" in said
    eventually(lambda: not (born(leader) or born(child) or born(deaf)))


def test_a_killed_run_says_which_step_was_running(tmp_path: Path) -> None:
    killed = start(tmp_path, f'run(first="true", second="echo $$ > pid; exec sleep {LONG}")')
    pid = pid_in(tmp_path / "pid")
    ledger = Ledger(tmp_path)
    eventually(lambda: recorded(ledger).get("first") == "success")
    killed.kill()
    killed.communicate()
    assert recorded(ledger) == {"first": "success", "second": "running"}
    ledger.close()
    os.killpg(pid, signal.SIGKILL)


def recorded(ledger: Ledger) -> dict[str, str]:
    last = ledger.run("last")
    return {step.name: step.result.value for step in last.steps} if last else {}


def test_a_process_that_only_has_the_same_number_is_left_alone(tmp_path: Path) -> None:
    bystander = subprocess.Popen(["sleep", str(LONG)], start_new_session=True)
    try:
        birth, host = born(bystander.pid), socket.gethostname()
        lines = (
            f"{bystander.pid} {birth - 100:.2f} {host} reused",
            f"{bystander.pid} {birth:.2f} elsewhere.example.org foreign",
            f"{os.getpid()} {born(os.getpid()):.2f} {host} no-leader",
            "torn",
            "1 x y z",
            "",
        )
        (tmp_path / FILE).write_text("\n".join(lines))
        found = {each.step for each in find(tmp_path)}
        assert found <= ({"no-leader"} if os.getpgid(0) == os.getpid() else set())
        (tmp_path / FILE).write_text(f"{bystander.pid} {birth:.2f} {host} mine\n")
        assert [each.step for each in find(tmp_path)] == ["mine"]
    finally:
        bystander.kill()
        bystander.wait()
    assert find(tmp_path) == []


def test_a_zombie_is_no_process() -> None:
    process = subprocess.Popen(["true"])
    eventually(lambda: born(process.pid) == 0.0)
    assert not same(process.pid, 0.0)
    assert not group.populated(process.pid)
    process.wait()


def test_runs_of_other_machines_are_left_alone_for_a_day(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    now = datetime.now(UTC)
    for name, age in (("young", timedelta(hours=23)), ("old", timedelta(hours=25))):
        step = StepRecord(name="a", result=Result.RUNNING, started=now - age)
        ledger.begin(
            Run(id=name, chain="ci", result=Result.RUNNING, started=now - age, steps=(step,))
        )
    ledger.close()
    db = sqlite3.connect(tmp_path / ".fullcycle" / "ledger.sqlite")
    with db:
        db.execute("UPDATE run SET host = 'elsewhere.example.org', pid = 1, born = 1.0")
    db.close()
    assert [run.id for run in ledger.interrupted()] == ["old"]
    ledger.begin(Run(id="next", chain="ci", result=Result.RUNNING, started=now))
    results = {run.id: run.result for run in ledger.runs()}
    assert results["old"] is Result.CANCELLATION
    assert results["young"] is Result.RUNNING
    ledger.close()
