"""Follower: reads what a process writes until it has ended, and ends it when its time is over."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from selectors import EVENT_READ, PollSelector
from typing import TYPE_CHECKING

from . import group

if TYPE_CHECKING:
    import subprocess

    from .interrupt import Flag
    from .lines import Lines

SILENCE = 0.5
"""Seconds of silence after which a pipe held open by left-over children is given up."""
BLOCK = 256 * 1024
POLL = 0.05
"""Seconds between two looks, on systems where a process' end cannot be waited for with files."""


class Follower:
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
        """Do so; whatever happens, the process and its group are gone afterwards."""
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
        group.signal(self._process.pid, number)

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
        while group.populated(self._process.pid):
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
