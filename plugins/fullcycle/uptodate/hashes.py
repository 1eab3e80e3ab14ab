"""Digests of files, remembered as long as nothing about the file says that it has changed."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path

from fullcycle.pipeline.folder import write_atomically

from .seal import signature

YOUNG = 2.0
"""Seconds. A file that has just been changed may be changed again without its time changing: its
digest is not remembered (git calls such files racy). FAT's clock ticks this slowly."""
MOST = 200_000
"""Files remembered."""
BLOCK = 1 << 18

Signature = list[int]


def young(found: os.stat_result) -> bool:
    """Whether a file was changed so lately that its times prove nothing yet."""
    return time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) < YOUNG * 1e9


class Hashes:
    """Digests of files. For several threads; concurrent processes lose nothing but time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Signature, str]] | None = None
        self._changed = False
        self.seen: dict[str, Signature | None] = {}
        """Every file and folder that was looked at, as it was; None where there was nothing."""
        self.unsteady = False
        """Whether something looked at was young."""

    def look(self, path: str) -> os.stat_result | None:
        """What is there, links not followed; None for nothing."""
        try:
            found = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            self.seen[path] = None
            return None
        self.note(path, found)
        return found

    def note(self, path: str, found: os.stat_result) -> None:
        """Remember that somebody relied on this."""
        self.seen[path] = signature(found)
        self.unsteady = self.unsteady or young(found)

    def git(self, path: str, found: os.stat_result, algorithm: str) -> str:
        """The name git would give the content (`sha1`, `sha256`); a link's is where it leads."""
        if stat.S_ISLNK(found.st_mode):
            return _blob(os.fsencode(Path(path).readlink()), algorithm)
        return self._remembered(path, found, f"git-{algorithm}")

    def content(self, path: str, found: os.stat_result) -> str:
        """The SHA-256 of a regular file's content."""
        return self._remembered(path, found, "sha256")

    def save(self) -> None:
        """Keep what was learned, for the next run."""
        with self._lock, suppress(OSError):
            if self._changed and self._known is not None:
                newest = dict(list(self._known.items())[-MOST:])
                write_atomically(self._file, json.dumps(newest, separators=(",", ":")))
                self._changed = False

    def _remembered(self, path: str, found: os.stat_result, form: str) -> str:
        key, now = f"{form}:{path}", signature(found)
        with self._lock:
            known = self._all().get(key)
        if known is not None and list(known[0]) == now:
            return known[1]
        digest, steady = _read(path, form)
        if steady == now and not young(found):
            with self._lock:
                self._all().pop(key, None)
                self._all()[key] = (now, digest)
                self._changed = True
        return digest

    def _all(self) -> dict[str, tuple[Signature, str]]:
        if self._known is None:
            try:
                read = json.loads(self._file.read_bytes())
                self._known = read if isinstance(read, dict) else {}
            except (OSError, ValueError):
                self._known = {}
        return self._known


def _read(path: str, form: str) -> tuple[str, Signature]:
    """The digest, and what the file was when all of it had been read."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(handle, "rb", buffering=0) as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{path} is no regular file")
        if form == "sha256":
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        else:
            said = hashlib.new(form.removeprefix("git-"), usedforsecurity=False)
            said.update(f"blob {found.st_size}\0".encode())
            while block := file.read(BLOCK):
                said.update(block)
            digest = said.hexdigest()
        return digest, signature(os.fstat(handle))


def _blob(content: bytes, algorithm: str) -> str:
    said = hashlib.new(algorithm, f"blob {len(content)}\0".encode(), usedforsecurity=False)
    said.update(content)
    return said.hexdigest()
