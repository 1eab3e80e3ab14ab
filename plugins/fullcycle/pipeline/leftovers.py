"""What a run leaves behind when it is killed: commands that go on without it.

Each command is noted in the run's folder when it starts. A kill in the moment between the start
and the note (some 0.1 ms) goes unnoticed.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from signal import SIGKILL, SIGTERM
from typing import TYPE_CHECKING, NamedTuple

from . import group
from .identity import born, same

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE = "commands"
GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""
POLL = 0.05


class Leftover(NamedTuple):
    """A command that runs though its run does not."""

    step: str
    pid: int


def note(folder: Path, step: str, pid: int) -> None:
    """Note that a step has started a command, the leader of its process group."""
    line = f"{pid} {born(pid):.2f} {socket.gethostname()} {step}\n"
    with suppress(OSError):
        handle = os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)


def find(folder: Path) -> list[Leftover]:
    """The commands of a run that still run on this machine."""
    try:
        lines = (folder / FILE).read_text(errors="replace").splitlines()
    except OSError:
        return []
    return [found for line in lines if (found := _read(line)) is not None]


def end(leftovers: Sequence[Leftover]) -> None:
    """End them with all their groups, by force after the grace."""
    groups = {each.pid for each in leftovers}
    for each in groups:
        group.signal(each, SIGTERM)
    limit = time.monotonic() + GRACE
    while (groups := {each for each in groups if group.populated(each)}) and (
        time.monotonic() < limit
    ):
        time.sleep(POLL)
    for each in groups:
        group.signal(each, SIGKILL)


def _read(line: str) -> Leftover | None:
    """The command a line stands for, if it is still the same process, and leads its group."""
    with suppress(ValueError, ProcessLookupError):
        pid, birth, host, step = line.split(" ", 3)
        mine = host == socket.gethostname() and same(int(pid), float(birth))
        if mine and os.getpgid(int(pid)) == int(pid):
            return Leftover(step, int(pid))
    return None
