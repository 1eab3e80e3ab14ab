"""The start of every command: `invoke --list` with everything, against bare Invoke.

Everything is the whole collection and a settings file with a chain of one's own, which becomes a
task, too.
"""

from __future__ import annotations

from .measure import Report, Sample, command, in_turn
from .scratch import TASKS, program, project

BARE = """
from invoke import task

@task
def hello(c):
    print("hello")
"""


SETTINGS = """[app]
name = "scratch"

[chains]
check = ["code", "test"]
"""

PEERS = {
    "poe_tasks.toml": '[tasks]\nhello = "echo hello"\n',
    "noxfile.py": "import nox\n\n@nox.session\ndef hello(session):\n    print('hello')\n",
    "tox.ini": "[testenv]\nskip_install = true\ncommands = python -c 1\n",
}
"""One task each, for runners in Python that are started as often."""


def run(rounds: int) -> Report:
    """CPU time of `invoke --list`: with the whole collection, and with one task of one's own."""
    invoke = program("invoke")
    files = {"tasks.py": TASKS, "fullcycle.toml": SETTINGS}
    with project(files) as whole, project({"tasks.py": BARE, **PEERS}) as bare:
        samples: dict[str, Sample] = {
            "fullcycle": lambda: command([invoke, "--list"], cwd=whole).cpu,
            "invoke, one task": lambda: command([invoke, "--list"], cwd=bare).cpu,
            "poe": lambda: command([program("poe"), "_list_tasks"], cwd=bare).cpu,
            "nox": lambda: command([program("nox"), "--list"], cwd=bare).cpu,
            "tox": lambda: command([program("tox"), "list"], cwd=bare).cpu,
        }
        costs = in_turn(samples, rounds)
    return Report(
        name="list",
        unit="CPU seconds",
        ours=costs.pop("fullcycle"),
        peers=costs,
        against="invoke, one task",
        goal=1.15,
    )
