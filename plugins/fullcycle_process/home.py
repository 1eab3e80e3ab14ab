"""Home: the folder on this machine in which everything of one environment lives.

All clones of a project that one user has on a machine share it: what runs is a fact of the
machine, not of a clone.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_data_path, user_state_path

from fullcycle.errors import StepError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

SOCKET_BYTES = 100
"""Longest path of a Unix socket that every platform takes (Linux 107, macOS 103), and a margin."""
SOCKET_NAME_BYTES = 30
"""Room for a socket's name and for what supervisord appends while it opens one."""
GUARD_SECONDS = 30.0
"""How long one command waits for another that holds a guard; guards are held for moments."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one environment, all of them 0700."""

    root: Path

    @classmethod
    def of(cls, app: str, environment: str, home: str = "") -> Home:
        """The home of an environment: below `home`, FULLCYCLE_HOME or the user's state folder."""
        base = home or os.environ.get("FULLCYCLE_HOME", "")
        if base:
            return cls(Path(base).expanduser().absolute() / app / environment)
        return cls(user_state_path("fullcycle") / "process" / app / environment)

    def folder(self, name: str) -> Path:
        """A folder below it, made when it is missing.

        Raises:
            UsageError: it cannot be written.
        """
        return private(self.root / name)

    @property
    def releases(self) -> Path:
        """Where releases are unpacked, by digest; all environments of the application share it."""
        return private(self.root.parent / ".releases")

    def socket(self, name: str) -> Path:
        """Where a Unix socket goes: in the home, or behind a short path when the home is deep."""
        direct = self.root / "run"
        if len(os.fsencode(direct)) + SOCKET_NAME_BYTES <= SOCKET_BYTES:
            return direct / name
        if self._link.is_symlink():
            return self._link.readlink() / name
        key = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"fullcycle-{os.getuid()}" / key / name

    def make_sockets(self) -> None:
        """Make the folder that sockets go to.

        A link to a short path is kept in the home, because TMPDIR may differ from command to
        command.
        """
        folder = self.socket("any").parent
        private(folder.parent)
        private(folder)
        if folder != self.root / "run" and not self._link.is_symlink():
            private(self.root)
            self._link.symlink_to(folder)

    def drop_sockets(self) -> None:
        """Forget the short path, when no socket is left behind it."""
        if self._link.is_symlink():
            with contextlib.suppress(OSError):
                self._link.readlink().rmdir()
                self._link.unlink()

    @property
    def _link(self) -> Path:
        return self.root / "sockets"


def registry_folder(app: str, registry: str = "", home: str = "") -> Path:
    """Where an application's releases are kept, shared by all its environments."""
    if registry:
        return Path(registry).expanduser().absolute()
    base = home or os.environ.get("FULLCYCLE_HOME", "")
    if base:
        return Path(base).expanduser().absolute() / "registry" / app
    return user_data_path("fullcycle") / "registry" / app


def private(folder: Path) -> Path:
    """The folder, made with mode 0700 where it is missing.

    Raises:
        UsageError: it cannot be made or written, or belongs to somebody else.
    """
    try:
        _make(folder)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be made: {error.strerror}",
            hint="set FULLCYCLE_HOME to a folder of yours",
        ) from error
    if folder.stat().st_uid != os.getuid():
        raise UsageError(f"{folder} belongs to another user", hint="move it out of the way")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(
            f"{folder} is not writable", hint="set FULLCYCLE_HOME to a folder of yours"
        )
    return folder


@contextmanager
def guard(file: Path, seconds: float = GUARD_SECONDS) -> Iterator[None]:
    """Keep other processes out for a moment; the kernel lifts it when this one dies.

    Raises:
        StepError: another process held it for so many seconds.
    """
    deadline = time.monotonic() + seconds
    with file.open("a") as lock:
        while not _locked(lock.fileno()):
            if time.monotonic() > deadline:
                raise StepError(
                    f"waited {seconds:.0f} s for another process to let go of {file}",
                    hint="see whether another fullcycle command hangs, and end it",
                )
            time.sleep(0.02)
        yield


def write(path: Path, content: str | bytes) -> None:
    """Write a file of mode 0600 that is there whole or not at all, and survives a power cut.

    Folders that are missing are made.
    """
    private(path.parent)
    data = content.encode() if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Make a file's content, or the names in a folder, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make(folder: Path) -> None:
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
