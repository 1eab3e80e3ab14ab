"""Eight steps of 0.5 s that may run at once, against their critical path.

The critical path is the least time any schedule needs: the longest step, 0.5 s, and what the
command costs around its steps. The latter is measured in the same round, as the same command with
one step that runs `true`. What is above a ratio of 1 is therefore what seven more steps add:
starting them, reading their output, recording them.

`doit -n 8` and go-task's parallel dependencies do the same work and are shown beside it.
"""

from __future__ import annotations

from .measure import Report, Sample, command, in_turn
from .scratch import TASKS, dodo, program, project, suites, taskfile

SECONDS = 0.5
STEPS = 8
SLEEP = f"sleep {SECONDS}"


def run(rounds: int) -> Report:
    """Seconds on the clock."""
    wide = {
        "tasks.py": TASKS,
        "fullcycle.toml": suites(STEPS, SLEEP),
        "dodo.py": dodo(STEPS, SLEEP),
        "Taskfile.yml": taskfile(STEPS, SLEEP, parallel=True),
    }
    bare = {"tasks.py": TASKS, "fullcycle.toml": suites(1, "true")}
    ours = [program("invoke"), "test", "--jobs", str(STEPS)]
    doit = [program("doit"), "-n", str(STEPS), "test"]
    with project(wide) as all_, project(bare) as one:
        samples: dict[str, Sample] = {
            "fullcycle": lambda: command(ours, cwd=all_).wall,
            "critical path": lambda: SECONDS + command(ours, cwd=one).wall,
            "doit": lambda: command(doit, cwd=all_).wall,
            "go-task": lambda: command([program("task"), "test"], cwd=all_).wall,
        }
        costs = in_turn(samples, rounds)
    return Report(
        name="parallel",
        unit="seconds",
        ours=costs.pop("fullcycle"),
        peers=costs,
        against="critical path",
        goal=1.05,
    )
