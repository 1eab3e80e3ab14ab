from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from fullcycle.errors import StepError
from fullcycle.pipeline.interrupt import CancelledError, Flag, TimedOutError
from fullcycle.pipeline.lines import LONGEST
from fullcycle.pipeline.mask import Masker
from fullcycle.pipeline.process import run_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.providers import Completed

LONG = 600
"""Seconds nobody waits for: what is started for so long must be ended."""


class Runner:
    """run_command with what the tests don't care about filled in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cancelled = Flag()
        self.forced = Flag()
        self.lines: list[str] = []
        self.heard = threading.Event()
        self.grace = 5.0

    def write(self, text: str) -> None:
        self.lines += text.split("\n")
        self.heard.set()

    def __call__(
        self, command: str | Sequence[str], timeout: float | None = 50, hidden: str = ""
    ) -> Completed:
        return run_command(
            command,
            cwd=self.folder,
            env=dict(os.environ),
            timeout=timeout,
            write=self.write,
            cancelled=self.cancelled,
            forced=self.forced,
            mask=Masker([hidden]).stream(),
            grace=self.grace,
        )


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(tmp_path)
    yield runner
    runner.cancelled.close()
    runner.forced.close()


def pid_in(path: Path) -> int:
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        if path.exists() and path.read_text().strip():
            return int(path.read_text())
        time.sleep(0.01)
    raise AssertionError(f"nobody wrote {path}")


def gone(pid: int) -> bool:
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def test_output_and_errors_come_in_the_order_they_were_written(run: Runner) -> None:
    done = run("echo one; echo two >&2; echo three; exit 3")
    assert run.lines == ["one", "two", "three"]
    assert done.exit_code == 3
    assert done.tail == "one\ntwo\nthree"


def test_a_list_of_arguments_is_read_by_no_shell(run: Runner) -> None:
    assert run(["echo", "$HOME; exit 3"]).exit_code == 0
    assert run.lines == ["$HOME; exit 3"]


def test_a_command_killed_by_a_signal_exits_with_128_and_its_number(run: Runner) -> None:
    assert run("kill -KILL $$").exit_code == 137


def test_a_command_that_is_missing_is_named(run: Runner) -> None:
    with pytest.raises(StepError, match="command not found: no-such-command"):
        run(["no-such-command", "--flag"])
    assert run("no-such-command").exit_code == 127


def test_a_missing_folder_is_named(run: Runner, tmp_path: Path) -> None:
    run.folder = tmp_path / "missing"
    with pytest.raises(StepError, match=r"there is no folder .*missing"):
        run(["true"])


def test_a_file_that_cannot_be_executed_is_named(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("data")
    with pytest.raises(StepError, match="Permission denied"):
        run([str(tmp_path / "data")])


def test_a_command_has_no_standard_input(run: Runner) -> None:
    assert run("cat; echo done").exit_code == 0
    assert run.lines == ["done"]


def test_output_that_is_not_utf8_is_kept_readable(run: Runner) -> None:
    run(r"printf 'caf\351 \303\251\n\377\n'")
    assert run.lines == [r"caf\xe9 é", r"\xff"]


def test_a_character_split_over_two_writes_is_whole(run: Runner) -> None:
    run(r"printf '\303'; sleep 0.1; printf '\251\n'")
    assert run.lines == ["é"]


def test_the_last_line_needs_no_newline(run: Runner) -> None:
    run("printf 'a\n\nb'")
    assert run.lines == ["a", "", "b"]


def test_carriage_returns_leave_what_a_terminal_would_show(run: Runner) -> None:
    run(r"printf '10%%\r50%%\r100%%\nwindows\r\nbar\r'")
    assert run.lines == ["100%", "windows", "bar"]


def test_lines_without_end_are_cut_into_pieces_that_split_no_secret(run: Runner) -> None:
    phrase = "correct-horse-battery-staple"
    script = f"print('-' * {LONGEST - 10} + '{phrase}' + '-' * {LONGEST * 5})"
    run([sys.executable, "-c", script], hidden=phrase)
    assert max(map(len, run.lines)) == LONGEST
    assert "".join(run.lines) == "-" * (LONGEST - 10) + "***" + "-" * (LONGEST * 5)


def test_a_secret_written_in_two_halves_is_masked(run: Runner) -> None:
    run("printf 'is corr'; sleep 0.1; printf 'ect-horse it\n'", hidden="correct-horse")
    assert run.lines == ["is *** it"]


def test_a_secret_in_the_command_is_masked_in_its_errors(run: Runner) -> None:
    with pytest.raises(TimedOutError) as error:
        run(f"sleep {LONG}; echo correct-horse", timeout=0.1, hidden="correct-horse")
    assert "correct-horse" not in str(error.value)


def test_a_timeout_ends_the_shell_and_what_it_waits_for(run: Runner, tmp_path: Path) -> None:
    with pytest.raises(TimedOutError, match=r"took longer than 0\.3 s") as error:
        run(f"echo begun; sleep {LONG} & echo $! > pid; wait; echo after", timeout=0.3)
    assert error.value.log_tail == "begun"
    assert gone(pid_in(tmp_path / "pid"))


def test_a_command_that_ignores_the_first_signal_is_killed(run: Runner, tmp_path: Path) -> None:
    run.grace = 0.2
    command = f"trap '' TERM; echo $$ > pid; echo begun; while true; do sleep {LONG}; done"
    with pytest.raises(TimedOutError):
        run(command, timeout=0.3)
    assert gone(pid_in(tmp_path / "pid"))


def test_what_a_command_says_while_it_ends_is_kept(run: Runner) -> None:
    with pytest.raises(TimedOutError) as error:
        run(f"trap 'echo tidying; exit 0' TERM; sleep {LONG} & wait", timeout=0.3)
    assert error.value.log_tail == "tidying"


def test_cancelling_ends_the_whole_group(run: Runner, tmp_path: Path) -> None:
    def cancel() -> None:
        run.heard.wait(30)
        run.cancelled.set("interrupted by SIGTERM")

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(CancelledError, match="interrupted by SIGTERM"):
        run(f"(sleep {LONG} & echo $! > pid; wait) & sleep 0.1; echo begun; wait", timeout=None)
    thread.join()
    assert gone(pid_in(tmp_path / "pid"))


def test_a_second_cancellation_kills_without_grace(run: Runner, tmp_path: Path) -> None:
    run.grace = LONG

    def cancel() -> None:
        run.heard.wait(30)
        run.cancelled.set("interrupted")
        run.forced.set("interrupted again")

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(CancelledError):
        run(f"trap '' TERM; echo $$ > pid; echo begun; sleep {LONG}; sleep {LONG}", timeout=None)
    thread.join()
    assert gone(pid_in(tmp_path / "pid"))


def test_nothing_is_started_once_cancelled(run: Runner, tmp_path: Path) -> None:
    run.cancelled.set("interrupted")
    with pytest.raises(CancelledError):
        run("touch started")
    assert not (tmp_path / "started").exists()


def test_a_child_left_in_the_background_holds_nothing_up(run: Runner, tmp_path: Path) -> None:
    done = run(f"sleep {LONG} & echo $! > pid; echo done", timeout=None)
    assert done.exit_code == 0
    assert run.lines == ["done"]
    assert gone(pid_in(tmp_path / "pid"))


def test_a_background_child_that_never_stops_talking_is_ended(run: Runner, tmp_path: Path) -> None:
    run.grace = 0.6
    chatter = "while true; do echo talk; sleep 0.05; done"
    assert run(f"({chatter}) & echo $! > pid; exit 4", timeout=None).exit_code == 4
    assert gone(pid_in(tmp_path / "pid"))


def test_a_command_that_closes_its_output_is_waited_for(run: Runner, tmp_path: Path) -> None:
    assert run("exec >&- 2>&-; sleep 0.2; touch end; exit 5").exit_code == 5
    assert (tmp_path / "end").exists()


def test_a_log_that_cannot_be_written_ends_the_command(run: Runner, tmp_path: Path) -> None:
    def full(_text: str) -> None:
        raise OSError(28, "No space left on device")

    run.write = full  # type: ignore[assignment, method-assign]
    with pytest.raises(OSError, match="No space"):
        run(f"echo $$ > pid; echo begun; sleep {LONG}")
    assert gone(pid_in(tmp_path / "pid"))


def test_no_descriptor_is_left_open(run: Runner) -> None:
    run("true")
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(5):
        run("echo; true")
    assert len(list(Path("/dev/fd").iterdir())) == before
