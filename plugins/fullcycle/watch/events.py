"""Changes as the operating system tells of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import watchfiles

from .ignored import FOLDERS

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

TICK = 100
"""Milliseconds between two looks at whether to stop."""
TOGETHER = 50
"""Milliseconds of quiet that end a change of several files."""


def changes(root: Path, stop: threading.Event) -> Iterator[frozenset[str]]:
    """Sets of changed paths, relative to the folder; empty ones when nothing changed for a while.

    Raises:
        OSError: the system has no more watches to give.
    """
    folder = root.resolve()
    for found in watchfiles.watch(
        folder,
        watch_filter=lambda _, path: FOLDERS.isdisjoint(Path(path).parts[len(folder.parts) :]),
        debounce=TICK * 4,
        step=TOGETHER,
        rust_timeout=TICK,
        yield_on_timeout=True,
        stop_event=stop,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        yield frozenset(os.path.relpath(path, folder) for _, path in found)
