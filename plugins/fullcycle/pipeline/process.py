"""Commands: a process group of its own, followed to its end, whatever it does."""

from __future__ import annotations

import fcntl
import shlex
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.providers import Completed

from .follower import BLOCK, Follower
from .interrupt import CancelledError, Flag, TimedOutError
from .lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""
NOT_FOUND = 127
"""What a shell exits with when it does not find the command (POSIX)."""


def run_command(
    command: str | Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float | None,
    write: Callable[[str], None],
    cancelled: Flag,
    mask: Callable[[str], str],
    forced: Flag | None = None,
    grace: float = GRACE,
    started: Callable[[int], object] = lambda _: None,
) -> Completed:
    """Run a command to its end; returns its exit code and the last lines it wrote.

    It gets a session of its own and no standard input; standard output and error come in the
    order they were written. When this returns or raises, its whole process group is gone.

    Args:
        command: a string is read by `/bin/sh`; a sequence is program and arguments.
        cwd: working folder.
        env: all its environment variables.
        timeout: seconds; None for no limit.
        write: gets the output as it comes, masked, one or more whole lines at a time; the newline
            of the last one is left off.
        cancelled: stops the command when it is raised.
        mask: hides secrets in text of one or more whole lines.
        forced: kills the command at once when it is raised, without the grace.
        grace: seconds between SIGTERM and SIGKILL.
        started: gets the process id, which is also that of its group.

    Raises:
        StepError: the command cannot be started.
        TimedOutError: it took longer than `timeout`.
        CancelledError: it was cancelled.
    """
    if cancelled.is_set():
        raise CancelledError(cancelled.reason)
    shown = mask(command if isinstance(command, str) else shlex.join(command))
    process = _spawn(command, cwd, env, shown)
    started(process.pid)
    _widen(process)
    lines = Lines(mask, write)
    follower = Follower(
        process, lines, timeout=timeout, cancelled=cancelled, forced=forced, grace=grace
    )
    follower.follow()
    if follower.cancelled:
        raise CancelledError(cancelled.reason, log_tail=lines.tail)
    if follower.timed_out:
        raise TimedOutError(f"`{shown}` took longer than {timeout:g} s", log_tail=lines.tail)
    code = process.returncode
    return Completed(exit_code=128 - code if code < 0 else code, tail=lines.tail)


def _spawn(
    command: str | Sequence[str], cwd: Path, env: Mapping[str, str], shown: str
) -> subprocess.Popen[bytes]:
    arguments = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
    try:
        return subprocess.Popen(
            arguments,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            bufsize=0,
        )
    except FileNotFoundError as error:
        if not cwd.is_dir():
            raise StepError(f"cannot run `{shown}`: there is no folder {cwd}") from error
        raise StepError(
            f"command not found: {arguments[0]}",
            hint="install it, or correct the command in the settings",
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StepError(f"cannot run `{shown}`: {reason}") from error


def _widen(process: subprocess.Popen[bytes]) -> None:
    """Fewer and bigger reads for those who write much, where the system lets us."""
    if sys.platform == "linux" and process.stdout is not None:
        with suppress(OSError):
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, BLOCK)
