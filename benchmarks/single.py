"""A whole command with one step that runs `true`, against doit and go-task.

Start-up, settings, step, record and report. go-task is a compiled program and no peer in start-up;
it is shown beside. The goal, 4 × doit, is our own: it keeps start-up from getting worse.
"""

from __future__ import annotations

from .measure import Report, Sample, command, in_turn
from .scratch import TASKS, dodo, program, project, suites, taskfile
from .step import TRUE


def run(rounds: int) -> Report:
    """Seconds a command, on the clock."""
    files = {
        "tasks.py": TASKS,
        "fullcycle.toml": suites(1, TRUE),
        "dodo.py": dodo(1, TRUE),
        "Taskfile.yml": taskfile(1, TRUE),
    }
    with project(files) as folder:
        samples: dict[str, Sample] = {
            "fullcycle": lambda: command([program("invoke"), "test"], cwd=folder).wall,
            "doit": lambda: command([program("doit"), "test"], cwd=folder).wall,
            "go-task": lambda: command([program("task"), "test"], cwd=folder).wall,
        }
        costs = in_turn(samples, rounds)
    return Report(
        name="command",
        unit="seconds",
        ours=costs.pop("fullcycle"),
        peers=costs,
        against="doit",
        goal=4.0,
    )
