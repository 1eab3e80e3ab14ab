"""A step that runs `true`: what each further one costs, against subprocess.run, doit, go-task.

Every tool runs the same file of one and of many tasks, one after another; the difference, divided
by the number of further tasks, is the cost of one, free of start-up. The bare `subprocess.run` of
the same shell command is the floor. Ours gives every step a process group, a log, a record and
lines in the report, which doit and go-task don't. The goal, 2.5 × doit, is our own: it keeps a
step from getting dearer.
"""

from __future__ import annotations

import subprocess
from time import perf_counter
from typing import TYPE_CHECKING

from .measure import Report, Sample, command, in_turn
from .scratch import TASKS, dodo, program, project, suites, taskfile

if TYPE_CHECKING:
    from pathlib import Path

TRUE = "/bin/true"
"""The file, because go-task's own shell has `true` built in and would start no process."""
FURTHER = 40


def run(rounds: int) -> Report:
    """Seconds a step, on the clock."""
    few, many = _files(1), _files(1 + FURTHER)
    with project(few) as one, project(many) as all_:
        samples: dict[str, Sample] = {
            "fullcycle": lambda: _further([program("invoke"), "test", "--jobs", "1"], one, all_),
            "subprocess.run": _bare,
            "doit": lambda: _further([program("doit"), "test"], one, all_),
            "go-task": lambda: _further([program("task"), "test"], one, all_),
        }
        costs = in_turn(samples, rounds)
    return Report(
        name="step",
        unit="seconds a step",
        ours=costs.pop("fullcycle"),
        peers=costs,
        against="doit",
        goal=2.5,
    )


def _files(count: int) -> dict[str, str]:
    return {
        "tasks.py": TASKS,
        "fullcycle.toml": suites(count, TRUE),
        "dodo.py": dodo(count, TRUE),
        "Taskfile.yml": taskfile(count, TRUE),
    }


def _further(words: list[str], one: Path, many: Path) -> float:
    return (command(words, cwd=many).wall - command(words, cwd=one).wall) / FURTHER


def _bare() -> float:
    began = perf_counter()
    for _ in range(FURTHER):
        subprocess.run(["/bin/sh", "-c", TRUE], check=True, capture_output=True)
    return (perf_counter() - began) / FURTHER
