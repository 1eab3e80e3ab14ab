"""Scratch: throw-away projects the benchmarks work on, and the programs they compare."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .measure import BenchmarkError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


IGNORED = "__pycache__/\n.doit*\n.task/\n"


@contextmanager
def project(files: Mapping[str, str]) -> Iterator[Path]:
    """A folder with these files, committed to git; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fullcycle-benchmark-") as name:
        folder = Path(name)
        for path, text in {".gitignore": IGNORED, **files}.items():
            (folder / path).write_text(text, encoding="utf-8")
        _git(folder, "init", "-q", "-b", "main")
        _git(folder, "config", "user.name", "benchmark")
        _git(folder, "config", "user.email", "benchmark@localhost")
        _git(folder, "add", "-A")
        _git(folder, "commit", "-q", "-m", "feat: begin")
        yield folder


def suites(count: int, run: str) -> str:
    """Settings of an application whose stage `test` has that many steps, and nothing else."""
    steps = (f'[test.s{number}]\nrun = "{run}"\n' for number in range(count))
    return '[app]\nname = "scratch"\n\n' + "\n".join(steps)


TASKS = "from fullcycle import ns\n"


def dodo(count: int, run: str) -> str:
    """The same for doit; its tasks have no up-to-date check, so they run every time."""
    return (
        "DOIT_CONFIG = {'verbosity': 0, 'dep_file': '.doit.json', 'backend': 'json'}\n"
        "def task_test():\n"
        f"    for number in range({count}):\n"
        f"        yield {{'name': f's{{number}}', 'actions': ['{run}']}}\n"
    )


def taskfile(count: int, run: str, *, parallel: bool = False) -> str:
    """The same for go-task: one after another, or all at once as dependencies."""
    names = [f"s{number}" for number in range(count)]
    listed = "".join(
        f"      - {name}\n" if parallel else f"      - task: {name}\n" for name in names
    )
    key = "deps" if parallel else "cmds"
    tasks = "".join(f"  {name}:\n    cmds:\n      - {run}\n" for name in names)
    return f"version: '3'\nsilent: true\ntasks:\n  test:\n    {key}:\n{listed}{tasks}"


def program(name: str) -> str:
    """A program of this virtual environment.

    Raises:
        BenchmarkError: it is not installed.
    """
    path = Path(sysconfig.get_path("scripts")) / name
    if not path.exists():
        raise BenchmarkError(f"{name} is not installed: pip install --group bench")
    return str(path)


def _git(folder: Path, *words: str) -> None:
    git = shutil.which("git")
    if git is None:
        raise BenchmarkError("git is not installed")
    subprocess.run([git, *words], cwd=folder, check=True, capture_output=True)
