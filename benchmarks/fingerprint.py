"""What 20,000 files are like: warm against `git status`, cold against doit and go-task.

Warm: nothing has changed since the last time. The digest of all files of a repository, taken in a
process that runs already, against `git status` of the same files, which is the least that anyone
asks git. Cold: nothing is known of the files. A whole command of ours with one step that reads
them all, against doit and go-task doing the same; what they know is deleted before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from fullcycle.uptodate.files import Snapshot
from fullcycle.uptodate.hashes import Hashes

from .measure import Report, Sample, command, in_turn
from .scratch import TASKS, program, project

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDERS = 200
EACH = 100
SETTINGS = """[app]
name = "scratch"

[test.all]
run = "true"
inputs = ["src/**/*.py"]
"""
DODO = """from glob import glob
DOIT_CONFIG = {'verbosity': 0, 'dep_file': '.doit.json', 'backend': 'json'}
def task_test():
    return {'actions': ['true'], 'file_dep': glob('src/**/*.py', recursive=True)}
"""
TASKFILE = """version: '3'
silent: true
tasks:
  test:
    sources: ['src/**/*.py']
    cmds: ['true']
"""


def run(rounds: int) -> Report:
    """Seconds on the clock."""
    files = {
        "tasks.py": TASKS,
        "fullcycle.toml": SETTINGS,
        "dodo.py": DODO,
        "Taskfile.yml": TASKFILE,
    }
    with project(files) as folder, TemporaryDirectory() as memory:
        _fill(folder)
        samples: dict[str, Sample] = {
            "fullcycle": lambda: _fingerprint(folder, Path(memory)),
            "git status": lambda: _git_status(folder),
        }
        warm = in_turn(samples, rounds)
        cold = in_turn(
            {
                "fullcycle, cold": lambda: _cold(["invoke", "test"], folder, ".fullcycle"),
                "doit, cold": lambda: _cold(["doit", "test"], folder, ".doit.json"),
                "go-task, cold": lambda: _cold(["task", "test"], folder, ".task"),
            },
            max(1, rounds // 3),
        )
    return Report(
        name="fingerprint",
        unit="seconds",
        ours=warm.pop("fullcycle"),
        peers={**warm, **cold},
        against="git status",
        goal=1.2,
    )


def _fill(folder: Path) -> None:
    for number in range(FOLDERS):
        inside = folder / "src" / f"p{number}"
        inside.mkdir(parents=True)
        for each in range(EACH):
            (inside / f"f{each}.py").write_text(f"x = {number * EACH + each}\n" * 20)
    time.sleep(1.1)  # git looks into files as young as its index
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@localhost"]
    subprocess.run([*git, "add", "-A"], cwd=folder, check=True, capture_output=True)
    subprocess.run([*git, "commit", "-qm", "feat: fill"], cwd=folder, check=True)


def _fingerprint(folder: Path, memory: Path) -> float:
    began = perf_counter()
    snapshot = Snapshot(folder, Hashes(memory / "hashes.json"), memory / "index.json")
    snapshot.listing(["src/**/*.py"])
    snapshot.save()
    return perf_counter() - began


def _git_status(folder: Path) -> float:
    began = perf_counter()
    # As ours does, without waiting for a lock of the index.
    environ = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    subprocess.run(["git", "status"], cwd=folder, env=environ, check=True, capture_output=True)  # noqa: S607
    return perf_counter() - began


def _cold(words: Sequence[str], folder: Path, known: str) -> float:
    place = folder / known
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    return command([program(words[0]), *words[1:]], cwd=folder).wall
