"""How a run is stopped from outside: flags that threads can wait for, set by signals."""

from __future__ import annotations

import os
import select
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from fullcycle.errors import InterruptedRunError, StepError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CancelledError(InterruptedRunError):
    """The step was asked to stop."""


class TimedOutError(StepError):
    """The step, or a command of it, took longer than it may."""


class Flag:
    """An event that can be waited for together with files: its descriptor becomes readable.

    May be set from a signal handler and watched by any number of threads.
    """

    def __init__(self) -> None:
        self.reason = ""
        self._set = False
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)

    def set(self, reason: str) -> None:
        """Raise the flag; the first reason stays."""
        if not self._set:
            self.reason = reason
            self._set = True
            os.write(self._writer, b"!")

    def is_set(self) -> bool:
        """Whether it was raised."""
        return self._set

    def wait(self, seconds: float) -> bool:
        """Wait until it is raised, at most so long; whether it is."""
        if not self._set and seconds > 0:
            poll = select.poll()
            poll.register(self._reader, select.POLLIN)
            poll.poll(seconds * 1000)
        return self._set

    def fileno(self) -> int:
        """A descriptor that is readable once the flag is raised; never read from it."""
        return self._reader

    def close(self) -> None:
        """Give the descriptors back, when nobody watches any more."""
        os.close(self._reader)
        os.close(self._writer)


class Interrupts:
    """The signals that stop a run: the first asks it to stop, the second kills.

    Handlers are installed only in the main thread, and the earlier ones come back at the end.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self.stop = Flag()
        """What runs is stopped, `always` steps still run."""
        self.kill = Flag()
        """Everything ends at once."""
        self._wake = wake
        self._earlier: dict[signal.Signals, Callable[[int, FrameType | None], object] | int] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                earlier = signal.getsignal(number)
                if earlier is not None and earlier is not signal.SIG_IGN:
                    signal.signal(number, self._heard)
                    self._earlier[number] = earlier
        return self

    def __exit__(self, *_: object) -> None:
        for number, earlier in self._earlier.items():
            signal.signal(number, earlier)

    def close(self) -> None:
        """Give the flags' descriptors back, when no step runs any more."""
        with suppress(OSError):
            self.stop.close()
            self.kill.close()

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        reason = f"interrupted by {signal.Signals(number).name}"
        (self.kill if self.stop.is_set() else self.stop).set(reason)
        self._wake()
