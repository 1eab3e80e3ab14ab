"""Quiet: whether a replica that gets no new requests has answered those it had."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

POLL_SECONDS = 0.02
SETTLE_SECONDS = 0.02
"""How long a replica must be seen without a session: a request that was given to it just now may
not be counted yet. Ours: it is counted within a millisecond."""


class Quiet:
    """Remembers since when replicas have had no session, from one wait to the next.

    So that many that are waited for one after another become quiet at the same time.
    """

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def forget(self, replica: str) -> None:
        """It gets requests again, or has got some until now."""
        self._since.pop(replica, None)

    def wait(self, replica: str, sessions: Callable[[], int], seconds: float) -> bool:
        """Wait until it is quiet; False when it isn't after `seconds`. It is looked at once anyway.

        Args:
            replica: its id.
            sessions: how many requests it serves now.
            seconds: how long to wait.
        """
        limit = time.monotonic() + seconds
        while not self._settled(replica, sessions()):
            if time.monotonic() >= limit:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _settled(self, replica: str, sessions: int) -> bool:
        now = time.monotonic()
        if sessions:
            self.forget(replica)
            return False
        return now - self._since.setdefault(replica, now) >= SETTLE_SECONDS
