"""Threads that are started once and given one step after another."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Workers:
    """A fixed number of threads.

    They are daemons, unlike those of concurrent.futures: a function that doesn't listen to its
    cancellation must not keep the process from ending.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._tasks: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        for _ in range(count):
            threading.Thread(target=self._work, daemon=True).start()

    def put(self, task: Callable[[], object]) -> None:
        """Have a task done by the next free thread; it must not raise."""
        self._tasks.put(task)

    def close(self) -> None:
        """Let every thread end after what it is doing."""
        for _ in range(self._count):
            self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
