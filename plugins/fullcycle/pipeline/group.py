"""A process group, known by its leader's process id."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signal import Signals


def signal(group: int, number: Signals) -> None:
    """Send all its members a signal, if there still are any."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def populated(group: int) -> bool:
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
