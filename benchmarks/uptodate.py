"""A chain of eight steps, all up to date, against bare `invoke --list`.

Every step has an input, and nothing has changed since the last run. Bare Invoke with one task is
the floor of anything that Invoke starts. doit and go-task check the same eight; just, poe and nox
have no up-to-date check and run eight times nothing; go-task and just are compiled programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .listing import BARE
from .measure import Report, Sample, command, in_turn
from .scratch import TASKS, program, project

if TYPE_CHECKING:
    from pathlib import Path

STEPS = 8


def run(rounds: int) -> Report:
    """CPU seconds a command, its children included."""
    files = {
        "tasks.py": TASKS,
        "fullcycle.toml": _settings(),
        "dodo.py": _dodo(),
        "Taskfile.yml": _taskfile(),
        "justfile": _justfile(),
        "poe_tasks.toml": _poe(),
        "noxfile.py": _nox(),
        "in.txt": "in\n",
    }
    with project(files) as whole, project({"tasks.py": BARE}) as bare:
        ours = [program("invoke"), "test"]
        _settle(ours, whole)
        samples: dict[str, Sample] = {
            "fullcycle": lambda: command(ours, cwd=whole).cpu,
            "invoke --list": lambda: command([program("invoke"), "--list"], cwd=bare).cpu,
            "doit": lambda: command([program("doit"), "test"], cwd=whole).cpu,
            "go-task": lambda: command([program("task"), "test"], cwd=whole).cpu,
            "just": lambda: command([program("just"), "test"], cwd=whole).cpu,
            "poe": lambda: command([program("poe"), "-q", "test"], cwd=whole).cpu,
            "nox": lambda: command([program("nox")], cwd=whole).cpu,
        }
        costs = in_turn(samples, rounds)
    return Report(
        name="uptodate",
        unit="CPU seconds",
        ours=costs.pop("fullcycle"),
        peers=costs,
        against="invoke --list",
        goal=1.25,
    )


def _settle(ours: list[str], folder: Path) -> None:
    """Run everything once, and once more to find it up to date."""
    for _ in range(2):
        command(ours, cwd=folder)


def _settings() -> str:
    steps = (f"[test.s{number}]\nrun = 'true'\ninputs = ['in.txt']\n" for number in range(STEPS))
    return '[app]\nname = "scratch"\n\n' + "\n".join(steps)


def _dodo() -> str:
    return (
        "DOIT_CONFIG = {'verbosity': 0, 'dep_file': '.doit.json', 'backend': 'json'}\n"
        "def task_test():\n"
        f"    for number in range({STEPS}):\n"
        "        yield {'name': f's{number}', 'actions': ['true'], 'file_dep': ['in.txt']}\n"
    )


def _taskfile() -> str:
    names = [f"s{number}" for number in range(STEPS)]
    listed = "".join(f"      - task: {name}\n" for name in names)
    tasks = "".join(f"  {name}:\n    sources: [in.txt]\n    cmds: ['true']\n" for name in names)
    return f"version: '3'\nsilent: true\ntasks:\n  test:\n    cmds:\n{listed}{tasks}"


def _justfile() -> str:
    names = [f"s{number}" for number in range(STEPS)]
    return f"test: {' '.join(names)}\n" + "".join(f"@{name}:\n    true\n" for name in names)


def _poe() -> str:
    names = [f"s{number}" for number in range(STEPS)]
    tasks = "".join(f'{name} = "true"\n' for name in names)
    return f"[tasks]\n{tasks}test = {names!r}\n"


def _nox() -> str:
    return (
        "import nox\n\n"
        f"@nox.session(venv_backend='none')\n@nox.parametrize('number', range({STEPS}))\n"
        "def test(session, number):\n    session.run('true', external=True, silent=True)\n"
    )
