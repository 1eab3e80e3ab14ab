"""One SQLite file that several processes and threads write to at the same time."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from fullcycle.errors import UsageError

from .folder import NAME, state_folder, unwritable
from .mounts import is_shared
from .schema import VERSION, migrate, version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

T = TypeVar("T")

BUSY_SECONDS = 30.0
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Store:
    """The ledger's file. Opened on first use, mended when it is broken, closed with its owner.

    On a file system that several machines share there is no write-ahead log, which lives in
    memory that only one machine sees (https://sqlite.org/wal.html); locks are the file system's.
    """

    def __init__(self, root: Path, file: str = "ledger.sqlite") -> None:
        self._root = root
        self.path = root / NAME / file
        self.notes: list[str] = []
        """What the user should know about the file (it was broken and set aside)."""
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

    def read(self, query: str, arguments: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        """The rows of a query; none when nothing was ever written. Creates no file."""
        with self._lock:
            if self._connection is None and not self.path.exists():
                return []
            return self._guarded(lambda db: db.execute(query, arguments).fetchall())

    def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Make a change as one transaction; a change on a broken file is made on a fresh one.

        Raises:
            UsageError: the file cannot be written, or another process holds it for too long.
        """

        def transaction(db: sqlite3.Connection) -> T:
            with db:
                db.execute("BEGIN IMMEDIATE")
                return change(db)

        return self._guarded(transaction)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _guarded(self, use: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock, self._explained():
            try:
                return use(self._open())
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode & 0xFF not in _BROKEN:
                    raise
                self._mend()
                return use(self._open())

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise unwritable(self.path, error) from error
        except sqlite3.Error as error:
            raise UsageError(
                f"cannot use {self.path}: {error}",
                hint="fullcycle keeps its records there: make it writable, or free some space",
            ) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._moved():
            self.close()
        if self._connection is None:
            state_folder(self._root)
            self.path.touch(mode=0o600)
            connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                _prepare(connection, self.path)
            except BaseException:
                connection.close()
                raise
            self._connection, self._inode = connection, self.path.stat().st_ino
            weakref.finalize(self, connection.close)
        return self._connection

    def _mend(self) -> None:
        """Put another database in the place of the broken one, with all that could be saved.

        Does nothing when another process has just done so. A kill in between leaves the broken
        one in its place, for the next to mend.
        """
        self.close()
        with _exclusive(self.path.with_suffix(".lock")):
            if not _is_broken(self.path):
                return
            aside = self.path.with_name(
                f"{self.path.stem}.corrupt-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.sqlite"
            )
            fresh, saved = _rebuild(self.path)
            os.link(self.path, aside)
            for suffix in ("-wal", "-shm"):
                with suppress(FileNotFoundError):
                    self.path.with_name(self.path.name + suffix).replace(f"{aside}{suffix}")
            fresh.replace(self.path)
        self.notes.append(
            f"{self.path} was broken: it is kept as {aside.name}, {saved} runs were saved from it"
            " and from their own records"
        )

    def _moved(self) -> bool:
        """Whether the open file is no longer the one in its place: another process mended it."""
        try:
            return self.path.stat().st_ino != self._inode
        except FileNotFoundError:
            return True


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _require_readable(connection, path)
    shared = is_shared(path.parent)
    connection.execute(f"PRAGMA synchronous = {'FULL' if shared else 'NORMAL'}")
    if version(connection) < VERSION:
        with _exclusive(path.with_suffix(".lock")):
            connection.execute(f"PRAGMA journal_mode = {'DELETE' if shared else 'WAL'}")
            _require_readable(connection, path)
            migrate(connection)


def _require_readable(connection: sqlite3.Connection, path: Path) -> None:
    found = version(connection)
    if found > VERSION:
        raise UsageError(
            f"{path} was written by a newer fullcycle (schema {found}, this one reads {VERSION})",
            hint="upgrade fullcycle here",
        )


def _rebuild(path: Path) -> tuple[Path, int]:
    """A whole database beside the broken one, and how many runs are in it."""
    from .salvage import salvage

    fresh = path.with_name(f".{path.stem}-fresh.sqlite")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    connection = sqlite3.connect(fresh, isolation_level=None)
    try:
        migrate(connection)
        saved = salvage(path, connection, path.parent / "runs")
        if not is_shared(path.parent):
            connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    return fresh, saved


def _is_broken(path: Path) -> bool:
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
        try:
            answer: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorcode & 0xFF in _BROKEN
    return answer != "ok"


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    import fcntl

    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
