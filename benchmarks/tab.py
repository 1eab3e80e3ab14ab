"""One TAB in a project with the whole collection: ours, and Invoke's own completion.

Both answer what may stand for `deploy.h`. Not measured: the first TAB, which notes what there is.
"""

from __future__ import annotations

import shlex

from fullcycle.completion.script import answer

from .measure import Report, Sample, command, in_turn
from .scratch import TASKS, program, project

SETTINGS = '[app]\nname = "scratch"\n'


def run(rounds: int) -> Report:
    """Seconds from the key to the answer."""
    invoke = program("invoke")
    typed = ["invoke", "deploy.h"]
    ours = [*shlex.split(answer()), "bash", "1", *typed]
    with project({"tasks.py": TASKS, "fullcycle.toml": SETTINGS}) as folder:
        command([invoke, "completion.refresh"], cwd=folder)
        samples: dict[str, Sample] = {
            "fullcycle": lambda: command(ours, cwd=folder).wall,
            "invoke": lambda: command([invoke, "--complete", "--", *typed], cwd=folder).wall,
        }
        costs = in_turn(samples, rounds)
    return Report(
        name="tab",
        unit="seconds",
        ours=costs.pop("fullcycle"),
        peers=costs,
        against="invoke",
        goal=0.2,
    )
