"""Hold: who has the lock of an environment, since when, and until when."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from fullcycle.errors import LockedError
from fullcycle.pipeline.identity import born, same
from fullcycle.providers import Holder


@dataclass(frozen=True, slots=True)
class Hold:
    """What a lock says."""

    owner: str
    since: float
    expires: float
    host: str
    pid: int
    birth: float

    @classmethod
    def by_this_process(cls, owner: str, ttl: float) -> Hold:
        """A hold that begins now."""
        now, pid = time.time(), os.getpid()
        return cls(owner, now, now + ttl, socket.gethostname(), pid, born(pid))

    @classmethod
    def of(cls, text: str) -> Hold:
        """The hold in a label; what cannot be read is nobody's and has expired."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return cls("nobody", 0.0, 0.0, "", 0, 0.0)

    @property
    def facts(self) -> dict[str, Any]:
        """The same, as JSON has it."""
        return asdict(self)

    @property
    def valid(self) -> bool:
        """Whether it keeps others out: not expired, and its process not provably gone."""
        gone = self.host == socket.gethostname() and not same(self.pid, self.birth)
        return time.time() < self.expires and not gone

    @property
    def holder(self) -> Holder:
        """The same, for the outside."""
        return Holder(owner=self.owner, since=_at(self.since), expires=_at(self.expires))

    def until(self, expires: float) -> Hold:
        """The same, extended by a heartbeat; 0 when there was none."""
        return replace(self, expires=expires) if expires else self


def refusal(environment: str, hold: Hold | None) -> LockedError:
    """Somebody else has it; without a hold: it keeps changing hands."""
    if hold is None:
        return LockedError(f"the lock of {environment} keeps changing hands", hint="try again")
    return LockedError(
        f"{environment} is locked by {hold.owner} since"
        f" {_at(hold.since).astimezone():%Y-%m-%d %H:%M:%S}",
        hint=f"wait, or `invoke deploy.unlock --env {environment}` if that is nobody",
    )


def lost(environment: str, hold: Hold | None) -> LockedError:
    """Its owner does not have it any more."""
    taken = f"{hold.owner} has it now" if hold else "somebody broke it"
    return LockedError(
        f"the lock of {environment} was lost: {taken}",
        hint="see `invoke deploy.status` before deploying again",
    )


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
