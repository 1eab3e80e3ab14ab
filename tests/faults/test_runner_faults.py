"""What happens to a run when its process, its terminal or its disk goes away."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from itertools import pairwise
from textwrap import dedent
from typing import TYPE_CHECKING

import psutil
import pytest

from fullcycle.model import Result
from fullcycle.pipeline.ledger import INTERRUPTED, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LONG = 600
PATIENCE = 60

pytestmark = pytest.mark.timeout(240)

PROLOGUE = """
import os, sys, time
from pathlib import Path
from fullcycle.pipeline.ledger import Ledger
from fullcycle.pipeline.mask import Masker
from fullcycle.pipeline.run import execute
from fullcycle.pipeline.step import Command, Step
from fullcycle.report import choose

ROOT = Path(sys.argv[1])


def sh(name, command, *needs, **options):
    return Step(name=name, action=Command(run=command), needs=frozenset(needs), **options)


def run(*steps, jobs=4, verbose=False, json=False, **options):
    outcome = execute(
        steps, chain="ci", root=ROOT, reporter=choose(json=json, verbose=verbose),
        ledger=Ledger(ROOT), masker=Masker(["hunter22"]), jobs=jobs, **options,
    )
    sys.exit(outcome.error.code if outcome.error else 0)
"""


class Project:
    """A folder, and the runs started in it as processes of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ledger = Ledger(root)
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environ = {
            key: value
            for key, value in os.environ.items()
            if key not in {"GITHUB_ACTIONS", "GITEA_ACTIONS", "GITLAB_CI", "TF_BUILD", "NO_COLOR"}
        }

    def start(self, script: str, **options: object) -> subprocess.Popen[bytes]:
        given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(
            [sys.executable, "-c", PROLOGUE + dedent(script), str(self.root)],
            env=self.environ,
            **{**given, **options},  # type: ignore[call-overload]
        )
        self.processes.append(process)
        return process  # type: ignore[no-any-return]

    def finish(self, script: str, **options: object) -> tuple[int, str, str]:
        process = self.start(script, **options)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, (out or b"").decode(), (err or b"").decode()

    def pid(self, name: str) -> int:
        path = self.root / name
        eventually(lambda: path.exists() and path.read_text().strip() != "")
        return int(path.read_text())

    def log(self, name: str) -> Path:
        last = self.ledger.run("last")
        assert last is not None
        return self.root / ".fullcycle" / "runs" / last.id / f"{name}.log"

    def results(self) -> dict[str, str]:
        last = self.ledger.run("last")
        assert last is not None
        return {step.name: step.result.value for step in last.steps}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path)
    yield project
    project.ledger.close()
    for process in project.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def eventually(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, "it never happened"
        time.sleep(0.01)


def dead(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_grandchildren_and_the_ledger_says_so(
    project: Project, number: signal.Signals
) -> None:
    process = project.start(f"""
        run(
            sh("long", "(sleep {LONG} & echo $! > grandchild; wait) & echo $$ > child; wait"),
            sh("other", "trap 'exit 0' TERM; echo $$ > other; sleep {LONG} & wait"),
            sh("next", "touch next", "long"),
            sh("tidy", "touch tidied", "next", always=True),
        )
    """)
    pids = [project.pid(name) for name in ("child", "grandchild", "other")]
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert all(dead(pid) for pid in pids)
    last = project.ledger.run("last")
    assert last is not None
    assert last.result is Result.CANCELLATION
    assert last.reason == f"interrupted by {number.name}"
    assert project.results() == {
        "long": "cancellation",
        "other": "cancellation",
        "next": "cancellation",
        "tidy": "success",
    }
    assert (project.root / "tidied").exists()
    assert f"interrupted by {number.name}" in out.decode()
    assert b"Traceback" not in err


def test_a_second_signal_kills_what_ignores_the_first(project: Project) -> None:
    process = project.start(f"""
        run(
            sh("deaf", "trap '' TERM INT; echo $$ > pid; while true; do sleep {LONG}; done"),
            sh("polite", "trap 'touch heard; exit 0' TERM; echo $$ > polite; sleep {LONG} & wait"),
        )
    """)
    pid = project.pid("pid")
    project.pid("polite")
    process.terminate()
    eventually((project.root / "heard").exists)
    assert not dead(pid)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert dead(pid)
    assert project.results() == {"deaf": "cancellation", "polite": "cancellation"}


def test_a_killed_run_is_named_by_the_next(project: Project) -> None:
    process = project.start("""
        run(sh("quick", "true"), sh("long", "echo $$ > pid; sleep 5", "quick"))
    """)
    child = project.pid("pid")
    eventually(lambda: project.results().get("long") == "running")
    process.kill()
    process.communicate(timeout=PATIENCE)
    os.killpg(child, signal.SIGKILL)
    (killed,) = project.ledger.interrupted()
    assert project.finish('run(sh("quick", "true"))')[0] == 0
    found = project.ledger.run(killed.id)
    assert found is not None
    assert found.result is Result.CANCELLATION
    assert found.reason == INTERRUPTED
    assert [(s.name, s.result.value) for s in found.steps] == [
        ("quick", "success"),
        ("long", "cancellation"),
    ]


def test_a_killed_run_can_be_resumed(project: Project) -> None:
    steps = """
        run(
            sh("build", "echo x >> builds"),
            sh("test", "test -e fast || { echo $$ > pid; sleep 5; }", "build"),
            resume=Path(ROOT / "fast").exists(),
        )
    """
    process = project.start(steps)
    child = project.pid("pid")
    eventually(lambda: project.results().get("test") == "running")
    process.kill()
    process.communicate(timeout=PATIENCE)
    os.killpg(child, signal.SIGKILL)
    (project.root / "fast").touch()
    code, out, err = project.finish(steps)
    assert code == 0, out + err
    assert project.results() == {"build": "skip", "test": "success"}
    assert (project.root / "builds").read_text() == "x\n"


def test_a_hundred_megabytes_of_output_are_kept_and_need_no_memory(project: Project) -> None:
    line = "a line of output, as long as lines of logs are"
    code, out, err = project.finish(f"""
        import atexit, resource
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        atexit.register(lambda: (ROOT / "peak").write_text(str(peak())))
        run(sh("loud", "yes '{line}' | head -c 100000000"))
    """)
    assert code == 0, err
    assert project.log("loud").stat().st_size == pytest.approx(100_000_000, abs=100)
    assert project.log("loud").read_bytes().startswith(f"{line}\n{line}\n".encode())
    assert len(out) < 10_000
    assert int((project.root / "peak").read_text()) < 200


def test_output_that_is_not_utf8_reaches_log_and_reader(project: Project) -> None:
    code, out, _ = project.finish(r"""run(sh("odd", r"printf 'caf\351\n'; exit 1"))""")
    assert code == 1
    assert project.log("odd").read_text() == "caf\\xe9\n"
    assert "caf\\xe9" in out


def test_a_background_child_that_holds_the_pipe_holds_nothing_up(project: Project) -> None:
    code, _, err = project.finish(f'run(sh("daemon", "sleep {LONG} & echo $! > pid"))')
    assert code == 0, err
    assert dead(project.pid("pid"))


def test_a_timeout_ends_a_shell_that_waits(project: Project) -> None:
    code, out, _ = project.finish(f'run(sh("slow", "sleep {LONG}; echo after", timeout=0.3))')
    assert code == 1
    assert project.results() == {"slow": "timeout"}
    assert "took longer than 0.3 s" in out
    assert "after" not in project.log("slow").read_text()


@pytest.mark.parametrize("server", [{}, {"GITHUB_ACTIONS": "true"}, {"GITLAB_CI": "true"}])
def test_the_output_of_parallel_steps_never_interleaves(
    project: Project, server: dict[str, str]
) -> None:
    project.environ |= server
    code, out, err = project.finish("""
        loop = "i=0; while [ $i -lt 40 ]; do echo out-NAME; sleep 0.005; i=$((i+1)); done"
        run(*(sh(n, loop.replace("NAME", n)) for n in "abcd"), verbose=True)
    """)
    assert code == 0, err
    said = [line for line in out.splitlines() if line.startswith("out-")]
    changes = [one for one, two in pairwise(said) if one != two]
    assert len(said) == 160
    assert len(changes) == 3


def test_a_full_disk_fails_the_step_and_ends_the_run(project: Project) -> None:
    code, out, err = project.finish(f"""
        import resource, signal
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))
        run(
            sh("loud", "echo $$ > pid; yes | head -c 20000000; sleep {LONG}"),
            sh("calm", "true"),
            sh("next", "true", "loud"),
            sh("tidy", "touch tidied", "next", always=True),
        )
    """)
    assert code == 1, err
    assert project.results() == {
        "loud": "failure",
        "calm": "success",
        "next": "skip",
        "tidy": "success",
    }
    assert "cannot write the log" in out
    assert dead(project.pid("pid"))
    assert "Traceback" not in err


def test_a_reader_that_goes_away_does_not_break_the_run(project: Project) -> None:
    process = project.start(
        'run(sh("a", "sleep 0.3; seq 100000"), sh("b", "true", "a"), verbose=True)'
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert err == b""
    assert project.results() == {"a": "success", "b": "success"}


def test_closed_streams_do_not_break_the_run(project: Project) -> None:
    script = PROLOGUE + 'run(sh("a", "cat; echo x"))'
    command = '"$0" -c "$1" "$2" <&- >&- 2>&-'
    done = subprocess.run(
        ["/bin/sh", "-c", command, sys.executable, script, str(project.root)],
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0
    assert project.log("a").read_text() == "x\n"


def test_on_a_terminal_the_running_steps_are_in_sight(project: Project) -> None:
    mine, theirs = pty.openpty()
    process = project.start(
        """
        run(
            sh("build", "echo compiling things; while ! test -e seen; do sleep 0.05; done"),
            sh("test", "echo first; echo last; exit 3", "build"),
        )
        """,
        stdout=theirs,
    )
    os.close(theirs)
    shown = b""
    while b"compiling things" not in shown:
        shown += os.read(mine, 65536)
    (project.root / "seen").touch()
    while True:
        try:
            shown += os.read(mine, 65536)
        except OSError:
            break
    _, err = process.communicate(timeout=PATIENCE)
    os.close(mine)
    assert process.returncode == 1, err
    text = shown.decode()
    assert "\x1b[31mfailed" in text
    assert "exit code 3" in text
    assert "    | last" in text
    assert text.count("\x1b[?25h") >= text.count("\x1b[?25l") > 0


def test_json_has_standard_output_to_itself(project: Project) -> None:
    import json

    code, out, err = project.finish('run(sh("a", "echo x"), sh("b", "exit 3"), json=True)')
    assert code == 1
    document = json.loads(out)
    assert document["result"] == "failure"
    assert [step["name"] for step in document["steps"]] == ["a", "b"]
    assert "ci failed" in err
