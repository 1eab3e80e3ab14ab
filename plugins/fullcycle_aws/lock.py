"""S3Lock: one deployment at a time to an environment, for everybody who reaches the bucket.

The lock is one object that is never deleted: S3 writes it only if it still is what was read, so
taking over, keeping and giving back are no races. Its age is told by S3's clock.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from fullcycle.pipeline.hold import Hold, lost, refusal

from .store import NEW

if TYPE_CHECKING:
    from fullcycle.providers import Holder

    from .store import Store, Stored

KEY = "lock.json"
FREE = "{}"
CLOCK = "clock"
"""The note of when the writer believed to write, in seconds since 1970."""
CLOCK_SECONDS = 2.0
"""How far clocks may be apart without being corrected: S3's tells no fractions of a second."""
TRIES = 20
"""How often the lock may change hands while it is being taken."""


class S3Lock:
    """The lock of one environment."""

    def __init__(self, store: Store, environment: str) -> None:
        self._store = store
        self._environment = environment

    def acquire(self, owner: str, ttl: float) -> None:
        """See Lock.acquire."""
        for _ in range(TRIES):
            mark, hold = self._read()
            if hold and hold.valid and hold.owner != owner:
                raise refusal(self._environment, hold)
            if self._write(Hold.by_this_process(owner, ttl), mark):
                return
        raise refusal(self._environment, None)

    def heartbeat(self, owner: str, ttl: float) -> None:
        """See Lock.heartbeat."""
        mark, hold = self._read()
        if hold is None or hold.owner != owner:
            raise lost(self._environment, hold)
        if not self._write(hold.until(time.time() + ttl), mark):
            raise lost(self._environment, self._read()[1])

    def release(self, owner: str) -> None:
        """See Lock.release."""
        mark, hold = self._read()
        if hold and hold.owner == owner:
            self._store.write(KEY, FREE, mark=mark)

    def holder(self) -> Holder | None:
        """See Lock.holder."""
        _, hold = self._read()
        return hold.holder if hold and hold.valid else None

    def break_(self) -> Holder | None:
        """See Lock.break_."""
        mark, hold = self._read()
        if hold and self._store.write(KEY, FREE, mark=mark):
            return hold.holder
        return None

    def _read(self) -> tuple[str, Hold | None]:
        """The object's mark and what it says; None when the lock is free."""
        found = self._store.read(KEY)
        if found is None:
            return NEW, None
        text = found.content.decode(errors="replace")
        return found.mark, None if text == FREE else _corrected(Hold.of(text), found)

    def _write(self, hold: Hold, mark: str) -> bool:
        notes = {CLOCK: f"{time.time()}"}
        return self._store.write(KEY, json.dumps(hold.facts), mark=mark, notes=notes)


def _corrected(hold: Hold, found: Stored) -> Hold:
    """The hold by our clock, if the writer's was another one: S3's clock tells by how much."""
    theirs = float(found.notes.get(CLOCK, found.written)) - found.written
    skew = time.time() - found.read - theirs
    return hold.until(hold.expires + skew) if abs(skew) > CLOCK_SECONDS else hold
