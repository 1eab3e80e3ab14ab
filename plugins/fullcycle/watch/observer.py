"""Observer: gathers changes in the background, while the steps run."""

from __future__ import annotations

import queue
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError, UsageError

from .ignored import meant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Source = Callable[[Path, threading.Event], Iterator[frozenset[str]]]

BEGIN_SECONDS = 60.0
"""How long it may take until changes are noticed: a large tree has many folders to watch."""
QUIET_SECONDS = 0.1
"""How long it must be quiet before a change counts as over."""


class Observer:
    """Changes of a folder's files, from the moment it is made until it is stopped.

    Args:
        root: the folder.
        stop: ends it.
        source: where changes come from; the system's events where `watchfiles` is installed and
            can watch the folder, otherwise git's view.

    Raises:
        UsageError: changes can't be noticed here.
    """

    def __init__(self, root: Path, stop: threading.Event, source: Source | None = None) -> None:
        self._root = root
        self._stop = stop
        self._found: queue.SimpleQueue[frozenset[str] | Exception] = queue.SimpleQueue()
        if not self._begins(source or _best()):
            self._begin_polling()

    def next(self) -> frozenset[str]:
        """Wait for a change, and until it is over; empty when it was stopped meanwhile.

        Raises:
            UsageError: changes can't be noticed any more.
        """
        while not self._stop.is_set():
            gathered = meant(self._root, self._gathered())
            if gathered:
                return gathered
        return frozenset()

    def _gathered(self) -> frozenset[str]:
        changed: frozenset[str] = frozenset()
        while not self._stop.is_set():
            try:
                found = self._found.get(timeout=QUIET_SECONDS)
            except queue.Empty:
                if changed:
                    break
                continue
            if isinstance(found, Exception):
                raise _explained(found) from found
            changed |= found
        return changed

    def _begins(self, source: Source) -> bool:
        threading.Thread(target=self._follow, args=(source,), daemon=True).start()
        try:
            first = self._found.get(timeout=BEGIN_SECONDS)
        except queue.Empty:
            raise UsageError(
                f"{self._root} cannot be watched: no answer in {BEGIN_SECONDS:g} s"
            ) from None
        if isinstance(first, FullcycleError):
            raise _explained(first) from first
        return not isinstance(first, Exception)

    def _begin_polling(self) -> None:
        from . import polling

        self._begins(polling.changes)

    def _follow(self, source: Source) -> None:
        begun = False
        try:
            for changed in source(self._root, self._stop):
                if changed or not begun:
                    self._found.put(changed)
                begun = True
        except Exception as error:  # noqa: BLE001 (raised where it is waited for)
            self._found.put(error)


def _best() -> Source:
    if find_spec("watchfiles") is not None:
        from . import events

        return events.changes
    from . import polling

    return polling.changes


def _explained(error: Exception) -> UsageError:
    return UsageError(
        f"changes cannot be watched: {error}",
        hint="install fullcycle[watch], or work in a git repository",
    )
