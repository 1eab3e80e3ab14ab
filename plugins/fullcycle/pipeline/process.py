"""Commands: a process group of its own, followed to its end, whatever it does."""

from __future__ import annotations

import fcntl
import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from selectors import EVENT_READ, PollSelector
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.providers import Completed

from .interrupt import CancelledError, Flag, TimedOutError
from .lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""
SILENCE = 0.5
"""Seconds of silence after which a pipe held open by left-over children is given up."""
BLOCK = 256 * 1024
POLL = 0.05
"""Seconds between two looks, on systems where a process' end cannot be waited for with files."""
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

    Raises:
        StepError: the command cannot be started.
        TimedOutError: it took longer than `timeout`.
        CancelledError: it was cancelled.
    """
    if cancelled.is_set():
        raise CancelledError(cancelled.reason)
    shown = mask(command if isinstance(command, str) else shlex.join(command))
    process = _spawn(command, cwd, env, shown)
    _widen(process)
    lines = Lines(mask, write)
    follower = _Follower(
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


class _Follower:
    """Reads what a process writes until it has ended, and ends it when its time is over."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        lines: Lines,
        *,
        timeout: float | None,
        cancelled: Flag,
        forced: Flag | None,
        grace: float,
    ) -> None:
        assert process.stdout is not None  # noqa: S101 (it was started with a pipe)
        self.cancelled = False
        self.timed_out = False
        self._process = process
        self._output = process.stdout
        self._lines = lines
        self._cancel = cancelled
        self._force = forced
        self._grace = grace
        self._deadline = time.monotonic() + timeout if timeout is not None else None
        self._kill_at: float | None = None
        self._give_up_at: float | None = None
        self._last_word_at: float | None = None
        self._reading = True
        self._exited = False
        self._selector = PollSelector()
        self._ended = _descriptor(process.pid)

    def follow(self) -> None:
        try:
            with self._selector, self._output:
                self._watch()
                while self._unfinished():
                    for key, _ in self._selector.select(self._patience()):
                        key.data()
                    self._look_at_the_clock()
            self._lines.close()
        except BaseException:
            self._grace = 0.0
            raise
        finally:
            self._clear_group()

    def _watch(self) -> None:
        self._selector.register(self._output, EVENT_READ, self._read)
        self._selector.register(self._cancel, EVENT_READ, self._on_cancel)
        if self._force is not None and self._force is not self._cancel:
            self._selector.register(self._force, EVENT_READ, self._on_force)
        if self._ended is not None:
            self._selector.register(self._ended, EVENT_READ, self._on_exit)

    def _unfinished(self) -> bool:
        if not self._exited:
            return True
        return self._reading and time.monotonic() < (self._give_up_at or 0.0)

    def _patience(self) -> float | None:
        moments = [m for m in (self._deadline, self._kill_at, self._give_up_at) if m is not None]
        now = time.monotonic()
        patience = max(0.0, min(moments) - now) if moments else None
        if self._ended is None:
            return POLL if patience is None else min(POLL, patience)
        return patience

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        if self._kill_at is not None and now >= self._kill_at:
            self._kill_at = None
            self._signal(signal.SIGKILL)
        if self._deadline is not None and now >= self._deadline and not self._exited:
            self.timed_out = True
            self._end()
        if self._ended is None and not self._exited and self._process.poll() is not None:
            self._note_exit()

    def _read(self) -> None:
        block = os.read(self._output.fileno(), BLOCK)
        if block:
            self._lines.feed(block)
            self._extend()
        else:
            self._reading = False
            self._selector.unregister(self._output)

    def _on_exit(self) -> None:
        assert self._ended is not None  # noqa: S101 (it is watched)
        self._selector.unregister(self._ended)
        self._note_exit()

    def _note_exit(self) -> None:
        self._exited = True
        self._deadline = None
        self._last_word_at = time.monotonic() + max(self._grace, SILENCE)
        self._extend()

    def _extend(self) -> None:
        """Whoever still writes after the command has ended is listened to, but not for ever."""
        if self._last_word_at is not None:
            self._give_up_at = min(time.monotonic() + SILENCE, self._last_word_at)

    def _on_cancel(self) -> None:
        self._selector.unregister(self._cancel)
        self.cancelled = True
        self._end()

    def _on_force(self) -> None:
        assert self._force is not None  # noqa: S101 (it is watched)
        self._selector.unregister(self._force)
        self._signal(signal.SIGKILL)

    def _end(self) -> None:
        self._deadline = None
        self._kill_at = time.monotonic() + self._grace
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _clear_group(self) -> None:
        """End what the command left behind in its group, and collect its exit code.

        The first signal is sent before the exit code is collected: until then nothing else can
        have got its process id; later, only while the group has members.
        """
        self._signal(signal.SIGTERM if self._grace else signal.SIGKILL)
        self._process.wait()
        if self._ended is not None:
            os.close(self._ended)
        until = self._kill_at or time.monotonic() + self._grace
        while _populated(self._process.pid):
            if time.monotonic() >= until or self._forced():
                self._signal(signal.SIGKILL)
                break
            time.sleep(POLL)

    def _forced(self) -> bool:
        return self._force is not None and self._force.is_set()


def _descriptor(pid: int) -> int | None:
    """A descriptor that is readable once a process has ended; None where there is no such."""
    if sys.platform == "linux":
        with suppress(OSError):
            return os.pidfd_open(pid)
    return None


def _populated(group: int) -> bool:
    """Whether a process group has members that are not zombies."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    import psutil

    for process in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            alive = process.info["status"] != psutil.STATUS_ZOMBIE
            if alive and os.getpgid(process.pid) == group:
                return True
    return False
