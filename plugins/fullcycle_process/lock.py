"""FileLock: one deployment at a time to an environment of this machine.

The lock is a small file. Whoever reads or changes it holds the kernel's lock on another file for
that moment, so that taking over a dead owner's lock is no race.
"""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.errors import LockedError
from fullcycle.providers import Holder

from .home import guard, write
from .launch import birth

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from .home import Home


@dataclass(frozen=True, slots=True)
class _Hold:
    """What the lock file says."""

    owner: str
    since: float
    expires: float
    host: str
    pid: int
    birth: str

    @property
    def valid(self) -> bool:
        """Whether it keeps others out: not expired, and its process not provably gone."""
        gone = self.host == socket.gethostname() and birth(self.pid) != self.birth
        return time.time() < self.expires and not gone

    @property
    def holder(self) -> Holder:
        """The same, for the outside."""
        return Holder(owner=self.owner, since=_at(self.since), expires=_at(self.expires))


class FileLock:
    """The lock of one environment."""

    def __init__(self, home: Home, environment: str) -> None:
        self._home = home
        self._environment = environment

    def acquire(self, owner: str, ttl: float) -> None:
        """See Lock.acquire."""
        with self._guard():
            hold = self._read()
            if hold and hold.owner != owner and hold.valid:
                raise self._refusal(hold)
            self._write(owner, ttl, time.time())

    def heartbeat(self, owner: str, ttl: float) -> None:
        """See Lock.heartbeat."""
        with self._guard():
            hold = self._read()
            if hold is None or hold.owner != owner:
                taken = f"{hold.owner} has it now" if hold else "somebody broke it"
                raise LockedError(
                    f"the lock of {self._environment} was lost: {taken}",
                    hint="see `invoke deploy.status` before deploying again",
                )
            self._write(owner, ttl, hold.since)

    def release(self, owner: str) -> None:
        """See Lock.release."""
        with self._guard():
            hold = self._read()
            if hold and hold.owner == owner:
                self._file.unlink()

    def holder(self) -> Holder | None:
        """See Lock.holder."""
        hold = self._read()
        return hold.holder if hold and hold.valid else None

    def break_(self) -> Holder | None:
        """See Lock.break_."""
        with self._guard():
            hold = self._read()
            self._file.unlink(missing_ok=True)
        return hold.holder if hold else None

    def _refusal(self, hold: _Hold) -> LockedError:
        since = _at(hold.since).astimezone()
        return LockedError(
            f"{self._environment} is locked by {hold.owner} since {since:%Y-%m-%d %H:%M:%S}",
            hint=f"wait, or `invoke deploy.unlock --env {self._environment}` if that is nobody",
        )

    def _read(self) -> _Hold | None:
        try:
            return _Hold(**json.loads(self._file.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def _write(self, owner: str, ttl: float, since: float) -> None:
        pid = os.getpid()
        expires = time.time() + ttl
        hold = _Hold(owner, since, expires, socket.gethostname(), pid, birth(pid))
        write(self._file, json.dumps(asdict(hold)))

    def _guard(self) -> AbstractContextManager[None]:
        return guard(self._home.folder("lock") / "guard")

    @property
    def _file(self) -> Path:
        return self._home.root / "lock" / "holder.json"


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
