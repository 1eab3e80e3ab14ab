"""Store: results of steps by their keys, and the files they made by their content.

Everything in it is checked when it is read: an entry carries a digest of itself, a file's name is
the digest of its content. What is torn or was tampered with counts as not there.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from .prune import prune

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEMA = 1
BLOCK = 1 << 20
DAY = 24 * 3600.0
"""Seconds; how exactly it is known when something was used last."""
AGE = 30 * 24 * 3600.0
"""Seconds after which what nobody used goes."""


@dataclass(frozen=True, slots=True)
class Output:
    """A file that a step made."""

    path: str
    """From the project's folder, with `/`."""
    mode: int
    """0o644 or 0o755; 0 for a link."""
    content: str
    """The SHA-256 of a file; where a link leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What came of a step that succeeded."""

    key: str
    step: str
    summary: str = ""
    seconds: float = 0.0
    artifact: str = ""
    """The digest of the artifact it made."""
    outputs: tuple[Output, ...] = ()

    @property
    def token(self) -> str:
        """What those who need this step depend on: what it made, or else what it came from."""
        if self.artifact:
            return self.artifact
        if self.outputs:
            return _digest([asdict(each) for each in self.outputs])
        return self.key


class DamagedError(Exception):
    """Something in the store is not what it should be."""


class Remote(Protocol):
    """A second place where entries and files are kept, shared with other machines."""

    def fetch(self, name: str, to: IO[bytes]) -> bool:
        """Write what is kept under a name to a file; False when there is nothing."""

    def keep(self, name: str, source: Path) -> None:
        """Keep a file under a name."""


class Store:
    """A folder of entries and files, used by any number of processes.

    Every method raises OSError when the folder cannot be used.
    """

    def __init__(self, folder: Path, remote: Remote | None = None) -> None:
        self.folder = folder
        self._remote = remote

    def find(self, key: str) -> Entry | None:
        """The entry of a key; None when there is none.

        Raises:
            DamagedError: there is one, but it is torn; it is gone now.
        """
        name = _entry(key)
        path = self.folder / name
        if not path.exists() and not self._fetch(name):
            return None
        try:
            entry = _read(path.read_bytes(), key)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            path.unlink(missing_ok=True)
            raise DamagedError(f"the entry {key[:12]} is torn") from error
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - DAY:
                self._touch(entry)
        return entry

    def put(self, entry: Entry, source: Callable[[Output], Path]) -> None:
        """Keep an entry and its files; the entry comes last, so that it never lacks a file."""
        with self._locked(fcntl.LOCK_SH):
            for each in entry.outputs:
                if each.mode:
                    self._put_file(each, source(each))
            self._write(self.folder / _entry(entry.key), _written(entry))

    def share(self, entry: Entry) -> None:
        """Keep in the shared place what was put here, the entry last.

        Raises:
            FullcycleError: the shared place cannot be used.
        """
        if self._remote is not None:
            for name in [_blob(each.content) for each in entry.outputs if each.mode]:
                self._remote.keep(name, self.folder / name)
            self._remote.keep(_entry(entry.key), self.folder / _entry(entry.key))

    def copy(self, output: Output, to: Path) -> None:
        """Put a file where the step had made it, whole or not at all.

        Raises:
            DamagedError: it is missing or not what it should be; it is gone now.
        """
        name = _blob(output.content)
        kept = self.folder / name
        if not kept.exists() and not self._fetch(name):
            raise DamagedError(f"the content of {output.path} is missing")
        if _transfer(kept, to, output.mode, output.content) != output.content:
            kept.unlink(missing_ok=True)
            raise DamagedError(f"the content of {output.path} was altered")

    def prune(self, most: int, age: float = AGE) -> int:
        """Take out what was not used for `age` seconds, then the longest unused.

        Args:
            most: bytes that may stay.
            age: seconds.

        Returns:
            how many entries went.
        """
        with self._locked(fcntl.LOCK_EX):
            return prune(self.folder, most, time.time() - age)

    def _touch(self, entry: Entry) -> None:
        """It is used: prune it later than what isn't."""
        names = [_blob(each.content) for each in entry.outputs if each.mode]
        for name in (_entry(entry.key), *names):
            os.utime(self.folder / name)

    def _put_file(self, output: Output, source: Path) -> None:
        path = self.folder / _blob(output.content)
        if path.exists() and path.stat().st_size == source.stat().st_size:
            with suppress(OSError):
                os.utime(path)
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _transfer(source, path, 0o600, output.content) != output.content:
            raise DamagedError(f"{output.path} was changed while it was kept")

    def _fetch(self, name: str) -> bool:
        """Bring something here from the shared place."""
        if self._remote is None:
            return False
        path = self.folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
            temporary = Path(file.name)
            try:
                found = self._remote.fetch(name, file)
            except BaseException:
                temporary.unlink()
                raise
        if found:
            temporary.replace(path)
        else:
            temporary.unlink()
        return found

    @staticmethod
    def _write(path: Path, text: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        Path(temporary).replace(path)

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Whoever adds shares the lock; whoever takes out has it alone."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "lock").open("ab") as file:
            with suppress(OSError):  # a file system without locks: contents are checked anyway
                fcntl.flock(file, how)
            yield


def _entry(key: str) -> str:
    return f"entries/{key[:2]}/{key}.json"


def _blob(digest: str) -> str:
    return f"files/{digest[:2]}/{digest}"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _written(entry: Entry) -> bytes:
    told = {"schema": SCHEMA, **asdict(entry)}
    return json.dumps({**told, "digest": _digest(told)}, sort_keys=True).encode()


def _read(text: bytes, key: str) -> Entry:
    """The entry in a file.

    Raises:
        ValueError, KeyError, TypeError: it is no entry, another one, or not as it was written.
    """
    told = json.loads(text)
    digest = told.pop("digest")
    if digest != _digest(told) or told.pop("schema") != SCHEMA or told["key"] != key:
        raise ValueError(key)
    outputs = tuple(Output(**each) for each in told.pop("outputs"))
    return Entry(**told, outputs=outputs)


def _transfer(source: Path, to: Path, mode: int, wanted: str) -> str:
    """Copy a file, whole or not at all, if its digest is the wanted one; returns its digest."""
    handle, temporary = tempfile.mkstemp(dir=to.parent, prefix=".new-")
    said = hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as file, source.open("rb") as read:
            while block := read.read(BLOCK):
                said.update(block)
                file.write(block)
            os.fchmod(handle, mode)
        if said.hexdigest() == wanted:
            Path(temporary).replace(to)
        return said.hexdigest()
    finally:
        Path(temporary).unlink(missing_ok=True)
