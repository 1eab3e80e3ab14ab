"""Up to date or not: who is right when it matters, against doit and go-task.

Each case is carried out for real, in a fresh folder: a step makes out.txt from in.txt (or src/),
something happens, the command is run again, and what out.txt holds then is right or wrong. Every
tool is told of inputs, outputs and variables in the way its documentation shows first. The figure
is the number of cases in which a tool is wrong.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .measure import BenchmarkError, Report, environment
from .scratch import TASKS, program, project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

LIMIT = 60.0
"""Seconds a command may take."""
TOOL = """#!/bin/sh
echo $$ > pid
echo ran >> ran
printf half > out.txt
while test -e slow; do sleep 0.05; done
test ! -e broken || exit 1
cat in.txt > out.txt
"""
LISTING = "find src -type f | sort > out.txt"


@dataclass(frozen=True, slots=True)
class Task:
    """A step, as every tool is told of it."""

    name: str = "gen"
    run: str = "./tool"
    sources: str = "in.txt"
    makes: str = "out.txt"
    reads: Sequence[str] = field(default=())
    """Names of environment variables."""


class Bench:
    """A folder in which one tool works."""

    def __init__(self, tool: str, folder: Path) -> None:
        self.tool = tool
        self.folder = folder

    def tell(self, *tasks: Task) -> None:
        """Write what the tool reads."""
        name, text = _WRITTEN[self.tool](tasks)
        self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, name: str = "out.txt") -> str:
        """The content of a file; empty when there is none."""
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def start(self, **variables: str) -> subprocess.Popen[bytes]:
        """Run everything that has to run."""
        return subprocess.Popen(
            _COMMANDS[self.tool](),
            cwd=self.folder,
            env={**environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def run(self, **variables: str) -> int:
        """Run everything that has to run, to its end; returns the exit code."""
        return self.start(**variables).wait(LIMIT)

    def until(self, what: Callable[[], bool]) -> None:
        """Wait until something is so."""
        end = time.monotonic() + LIMIT
        while not what():
            if time.monotonic() > end:
                raise BenchmarkError(f"{self.tool}: the step did not begin")
            time.sleep(0.01)


def run(rounds: int) -> Report:
    """Cases in which a tool is wrong; the worst of all rounds counts."""
    wrong: dict[str, set[str]] = {tool: set() for tool in _COMMANDS}
    for _ in range(rounds):
        for tool, found in wrong.items():
            found |= {name for name, case in CASES.items() if not _right(tool, case)}
    counts = {tool: float(len(found)) for tool, found in wrong.items()}
    return Report(
        name="correctness",
        unit="cases wrong",
        ours=counts.pop("fullcycle"),
        peers=counts,
        against="doit",
        goal=0.0,
        notes=_table(wrong),
    )


def _right(tool: str, case: Callable[[Bench], bool]) -> bool:
    with project({"tasks.py": TASKS, "tool": TOOL, "in.txt": "one\n"}) as folder:
        (folder / "tool").chmod(0o755)
        return case(Bench(tool, folder))


def _killed(bench: Bench) -> bool:
    """Killed with -9 while the step writes; then run again."""
    bench.tell(Task())
    bench.run()
    bench.write("in.txt", "two\n")
    bench.write("slow", "")
    process = bench.start()
    bench.until(lambda: bench.read() == "half")
    process.kill()
    process.wait()
    with suppress(ProcessLookupError):
        os.kill(int(bench.read("pid")), signal.SIGKILL)
    (bench.folder / "slow").unlink()
    bench.run()
    return bench.read() == "two\n"


def _failed(bench: Bench) -> bool:
    bench.tell(Task())
    bench.write("broken", "")
    bench.run()
    (bench.folder / "broken").unlink()
    bench.run()
    return bench.read() == "one\n"


def _changed_meanwhile(bench: Bench) -> bool:
    """The input changes after the step has read it, before it ends."""
    bench.tell(Task(run="cat in.txt > out.txt; ./wait"))
    bench.write("wait", "#!/bin/sh\nwhile test -e slow; do sleep 0.05; done\n")
    (bench.folder / "wait").chmod(0o755)
    bench.write("slow", "")
    process = bench.start()
    bench.until(lambda: bench.read() == "one\n")
    bench.write("in.txt", "two, meanwhile\n")
    (bench.folder / "slow").unlink()
    process.wait(LIMIT)
    bench.run()
    return bench.read() == "two, meanwhile\n"


def _input(bench: Bench) -> bool:
    bench.tell(Task())
    bench.run()
    bench.write("in.txt", "two\n")
    bench.run()
    return bench.read() == "two\n"


def _touched(bench: Bench) -> bool:
    """Only the time of the input changes: nothing may run."""
    bench.tell(Task())
    bench.run()
    os.utime(bench.folder / "in.txt")
    bench.run()
    return bench.read("ran") == "ran\n"


def _command(bench: Bench) -> bool:
    bench.tell(Task(run="cat in.txt > out.txt"))
    bench.run()
    bench.tell(Task(run="tr a-z A-Z < in.txt > out.txt"))
    bench.run()
    return bench.read() == "ONE\n"


def _moved(bench: Bench) -> bool:
    bench.write("src/a/x.txt", "x")
    bench.write("src/b/y.txt", "y")
    bench.tell(Task(run=LISTING, sources="src/**/*.txt"))
    bench.run()
    (bench.folder / "src/a/x.txt").rename(bench.folder / "src/b/x.txt")
    bench.run()
    return bench.read() == "src/b/x.txt\nsrc/b/y.txt\n"


def _removed(bench: Bench) -> bool:
    bench.write("src/a/x.txt", "x")
    bench.write("src/b/y.txt", "y")
    bench.tell(Task(run=LISTING, sources="src/**/*.txt"))
    bench.run()
    (bench.folder / "src/a/x.txt").unlink()
    bench.run()
    return bench.read() == "src/b/y.txt\n"


def _collision(bench: Bench) -> bool:
    """Two names that differ in a sign."""
    one = Task("x:a", "cat in.txt > one.txt", makes="one.txt")
    other = Task("x-a", "cat in.txt > other.txt", makes="other.txt")
    bench.tell(one, other)
    bench.run()
    bench.write("in.txt", "two\n")
    bench.run()
    return bench.read("one.txt") == bench.read("other.txt") == "two\n"


def _deleted(bench: Bench) -> bool:
    bench.tell(Task())
    bench.run()
    (bench.folder / "out.txt").unlink()
    bench.run()
    return bench.read() == "one\n"


def _altered(bench: Bench) -> bool:
    bench.tell(Task())
    bench.run()
    bench.write("out.txt", "something else\n")
    bench.run()
    return bench.read() == "one\n"


def _tool(bench: Bench) -> bool:
    bench.tell(Task())
    bench.run()
    bench.write("tool", "#!/bin/sh\ntr a-z A-Z < in.txt > out.txt\n")
    bench.run()
    return bench.read() == "ONE\n"


def _variable(bench: Bench) -> bool:
    bench.tell(Task(run="printenv MODE > out.txt", reads=("MODE",)))
    bench.run(MODE="debug")
    bench.run(MODE="release")
    return bench.read() == "release\n"


def _back(bench: Bench) -> bool:
    """There and back again, as with branches: the output must follow."""
    bench.tell(Task())
    bench.run()
    bench.write("in.txt", "two\n")
    bench.run()
    bench.write("in.txt", "one\n")
    bench.run()
    return bench.read() == "one\n"


CASES: dict[str, Callable[[Bench], bool]] = {
    "killed mid-step": _killed,
    "failed, run again": _failed,
    "input changed": _input,
    "input changed during the run": _changed_meanwhile,
    "input only touched": _touched,
    "input moved": _moved,
    "input removed": _removed,
    "changed and changed back": _back,
    "command changed": _command,
    "tool changed": _tool,
    "environment changed": _variable,
    "names alike": _collision,
    "output deleted": _deleted,
    "output altered": _altered,
}


def _settings(tasks: Sequence[Task]) -> tuple[str, str]:
    parts = ['[app]\nname = "scratch"\n']
    for task in tasks:
        alike = ":" in task.name
        name = task.name.partition(":")[0] if alike else task.name
        parts.append(
            f"[test.{name}]\nrun = '{task.run}'\ninputs = ['{task.sources}']\n"
            f"outputs = ['{task.makes}']\nenviron = {list(task.reads)}\n"
            + ("matrix = { to = ['a'] }\nenv = { TO = '{to}' }\n" if alike else "")
        )
    return "fullcycle.toml", "\n".join(parts)


def _dodo(tasks: Sequence[Task]) -> tuple[str, str]:
    parts = []
    head = (
        "import os\nfrom glob import glob\nfrom doit.tools import config_changed\n"
        "DOIT_CONFIG = {'dep_file': '.doit.json', 'backend': 'json'}\n"
        "def task_test():\n"
    )
    for task in tasks:
        known = f"[config_changed(os.environ['{task.reads[0]}'])]" if task.reads else "[]"
        parts.append(
            f"    yield {{'name': '{task.name}', 'actions': ['{task.run}'], 'targets':"
            f" ['{task.makes}'], 'uptodate': {known},"
            f" 'file_dep': glob('{task.sources}', recursive=True)}}\n"
        )
    return "dodo.py", head + "".join(parts)


def _taskfile(tasks: Sequence[Task]) -> tuple[str, str]:
    named = "".join(f"      - task: '{task.name}'\n" for task in tasks)
    parts = [f"version: '3'\nsilent: true\ntasks:\n  test:\n    cmds:\n{named}"]
    parts += [
        f"  '{task.name}':\n    sources: ['{task.sources}']\n    generates: ['{task.makes}']\n"
        f"    cmds:\n      - {task.run}\n"
        for task in tasks
    ]
    return "Taskfile.yml", "".join(parts)


_WRITTEN = {"fullcycle": _settings, "doit": _dodo, "go-task": _taskfile}
_COMMANDS: dict[str, Callable[[], list[str]]] = {
    "fullcycle": lambda: [program("invoke"), "test"],
    "doit": lambda: [program("doit"), "test"],
    "go-task": lambda: [program("task"), "test"],
}


def _table(wrong: dict[str, set[str]]) -> tuple[str, ...]:
    width = max(map(len, CASES))
    head = "  ".join(f"{tool:9}" for tool in wrong)
    rows = (
        f"{name:{width}}  "
        + "  ".join(f"{'wrong' if name in found else 'right':9}" for found in wrong.values())
        for name in CASES
    )
    return (f"{'':{width}}  {head}", *rows)
