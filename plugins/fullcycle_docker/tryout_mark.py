"""Marks: which process a container was made by, so that nobody's containers stay for ever."""

from __future__ import annotations

import os
import socket

LABEL = "fullcycle.tryout"


def mine() -> str:
    """The mark of this process: host, number and birth."""
    pid = os.getpid()
    return f"{socket.gethostname()}/{pid}/{_birth(pid)}"


def abandoned(mark: str) -> bool:
    """Whether it is the mark of a process of this machine that is gone."""
    host, _, rest = mark.partition("/")
    pid, _, birth = rest.partition("/")
    return host == socket.gethostname() and pid.isdigit() and _birth(int(pid)) != birth


def _birth(pid: int) -> str:
    """What tells a process from a later one of the same number; empty when it is gone."""
    import psutil

    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return ""
