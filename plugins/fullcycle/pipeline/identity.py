"""Which process a process id stands for: ids are given anew, the time of birth is not."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

CLOCK_SECONDS = 2.0
"""How far a process' start time may be off: the boot time it is computed from moves with NTP."""


def born(pid: int) -> float:
    """When a process started, in seconds since 1970; 0 when there is none (or a zombie)."""
    return _from_proc(pid) if sys.platform == "linux" else _from_system(pid)


def same(pid: int, birth: float) -> bool:
    """Whether the process that was born then still lives."""
    return birth > 0 and abs(born(pid) - birth) <= CLOCK_SECONDS


def _from_proc(pid: int) -> float:
    """Read from /proc/PID/stat, see proc_pid_stat(5): the state is field 3, the start field 22."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return 0.0 if fields[0] in "ZX" else _boot() + int(fields[19]) / os.sysconf("SC_CLK_TCK")


@cache
def _boot() -> float:
    """When the machine started, in seconds since 1970."""
    lines = Path("/proc/stat").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("btime "))


def _from_system(pid: int) -> float:
    import psutil

    try:
        process = psutil.Process(pid)
        return 0.0 if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return 0.0
