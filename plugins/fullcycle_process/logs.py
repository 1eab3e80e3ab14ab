"""Logs: what replicas wrote, and when.

A replica writes to its log file itself, so nothing knows the time of a single line. The
supervisor's clock notes once a second how long each file has become (`NAME.times`), which dates
a line to within about a second and costs nothing per line. The beginning of a long log is given
back to the disk by punching a hole into the file: offsets stay what they are, the writer needs no
cooperation, and no line is lost between a copy and a truncation.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import heapq
import os
import time
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 (Clock is made with one at run time)
from typing import TYPE_CHECKING

from fullcycle.model import LogLine

from .cards import process_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KEEP_BYTES = 10_000_000
"""What is kept of a log that has grown to twice as much."""
KEEP_REMOVED = 20
"""Logs of removed replicas kept, the newest."""
TICK_SECONDS = 0.2
"""Marks of a busy log are at least this far apart."""
TAIL_BYTES = 64_000
_BLOCK = 4096
_PUNCH_HOLE_KEEP_SIZE = 0x02 | 0x01
"""FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE of linux/falloc.h."""


class Clock:
    """Notes how far the logs have come at what time; runs inside the supervisor."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes: dict[str, int] = {}
        self._last = 0.0

    def mark(self) -> None:
        """Note the logs that have grown."""
        now = time.time()
        if 0 <= now - self._last < TICK_SECONDS:
            return
        self._last = now
        for entry in os.scandir(self._folder):
            if entry.name.endswith(".log"):
                self._mark(entry, now)

    def _mark(self, entry: os.DirEntry[str], now: float) -> None:
        try:
            size = entry.stat().st_size
        except FileNotFoundError:
            return
        if self._sizes.get(entry.name) == size:
            return
        self._sizes[entry.name] = size
        log = self._folder / entry.name
        with log.with_suffix(".times").open("a", encoding="ascii") as file:
            file.write(f"{now:.3f} {size}\n")
        if entry.stat().st_blocks * 512 > 2 * KEEP_BYTES:
            trim(log)


class Logs:
    """The logs of one environment's replicas."""

    def __init__(self, folder: Path, app: str = "") -> None:
        """Remember.

        Args:
            folder: where they are.
            app: whose; which process wrote a line is not told without it.
        """
        self._folder = folder
        self._app = app

    def read(self, *, replica: str = "", since: datetime | None = None) -> Iterator[LogLine]:
        """The lines of one replica or of all, merged by time."""
        names = [replica] if replica else self._names()
        return heapq.merge(*(self._lines(name, since) for name in names), key=_moment)

    def tail(self, replica: str, lines: int = 20) -> str:
        """The last lines of a replica's log."""
        try:
            with self._path(replica).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
                text = file.read().lstrip(b"\0").decode(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def forget(self, running: Sequence[str]) -> None:
        """Delete the logs of removed replicas, but for the newest."""
        removed = [name for name in self._names() if name not in running]
        removed.sort(key=lambda name: self._path(name).stat().st_mtime, reverse=True)
        for name in removed[KEEP_REMOVED:]:
            self._path(name).unlink(missing_ok=True)
            self._path(name).with_suffix(".times").unlink(missing_ok=True)

    def _names(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob("*.log"))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _lines(self, name: str, since: datetime | None) -> Iterator[LogLine]:
        path = self._path(name)
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return
        process = process_of(name, self._app) if self._app else ""
        with file:
            marks = [*_marks(path), (path.stat().st_mtime, 1 << 62)]
            index, position = _seek(file.fileno(), marks, since.timestamp() if since else 0.0)
            file.seek(position)
            for line in file:
                position += len(line)
                while marks[index][1] < position:
                    index += 1
                yield LogLine(
                    at=datetime.fromtimestamp(marks[index][0], UTC),
                    replica=name,
                    text=line.lstrip(b"\0").decode(errors="replace").rstrip("\r\n"),
                    process=process,
                )


def trim(log: Path) -> None:
    """Give all but the last `KEEP_BYTES` of a log back to the disk."""
    size = log.stat().st_size
    cut = (size - KEEP_BYTES) // _BLOCK * _BLOCK
    if not _punch(log, cut):
        os.truncate(log, 0)
        cut = size
    times = log.with_suffix(".times")
    kept = [f"{at:.3f} {offset}\n" for at, offset in _marks(log) if cut < offset <= size]
    times.write_text("".join(kept) if cut < size else "", encoding="ascii")


def _punch(log: Path, length: int) -> bool:
    """Make the first `length` bytes a hole; False where the platform cannot."""
    libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    if not hasattr(libc, "fallocate"):
        return False
    libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    handle = os.open(log, os.O_WRONLY)
    try:
        done: int = libc.fallocate(handle, _PUNCH_HOLE_KEEP_SIZE, 0, length)
    finally:
        os.close(handle)
    return done == 0


def _marks(log: Path) -> list[tuple[float, int]]:
    """Pairs of time and size, oldest first."""
    try:
        text = log.with_suffix(".times").read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    pairs = [line.split() for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return [(float(at), int(size)) for at, size in pairs]


def _seek(handle: int, marks: list[tuple[float, int]], since: float) -> tuple[int, int]:
    """The first mark that is not before `since`, and where the lines it dates begin."""
    index = next((i for i, (at, _) in enumerate(marks) if at >= since), len(marks) - 1)
    begin = marks[index - 1][1] if index else 0
    if not hasattr(os, "SEEK_DATA"):
        return index, begin
    try:
        return index, os.lseek(handle, begin, os.SEEK_DATA)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return index, os.lseek(handle, 0, os.SEEK_END)


def _moment(line: LogLine) -> float:
    return line.at.timestamp() if line.at else 0.0
