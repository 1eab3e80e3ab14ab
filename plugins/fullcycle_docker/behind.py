"""Behind: what may be done a little later, once for all who asked meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

DELAY = 0.25
"""Seconds in which more may be asked for; nobody who waits waits for them."""


class Behind:
    """Does one thing in the background."""

    def __init__(self, work: Callable[[], None], delay: float = DELAY) -> None:
        self._work = work
        self._delay = delay
        self._mutex = Lock()
        self._hurry = Event()
        self._pool: ThreadPoolExecutor | None = None
        self._asked: Future[None] | None = None
        self._last: Future[None] | None = None

    def begin(self) -> None:
        """Do it soon: with what holds now, or holds when it is done."""
        with self._mutex:
            if self._asked is None:
                self._pool = self._pool or ThreadPoolExecutor(1, "gateway's files")
                self._asked = self._last = self._pool.submit(self._do)

    def wait(self) -> None:
        """Do now what has been asked for, and return when it is done; raises what it raises."""
        with self._mutex:
            last = self._last
            if self._asked:
                self._hurry.set()
        if last:
            last.result()

    def _do(self) -> None:
        self._hurry.wait(self._delay)
        with self._mutex:
            self._asked = None
            self._hurry.clear()
        self._work()
