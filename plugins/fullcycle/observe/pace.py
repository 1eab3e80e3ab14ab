"""How busy something was: CPU time between two looks, by the time that passed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

INTERVAL_SECONDS = 0.2
"""The least between two looks: 20 ticks of the kernel's usual clock of 100 Hz, so a reading is
exact to 5 percent of a core."""


class _Look(NamedTuple):
    at: float
    seconds: float


class Pace:
    """Remembers the last look at each subject, so that only the first one takes time."""

    def __init__(self, interval: float = INTERVAL_SECONDS) -> None:
        self._interval = interval
        self._last: dict[str, _Look] = {}

    def ratios(self, look: Callable[[], Mapping[str, float]]) -> dict[str, float]:
        """Cores that each subject kept busy since the last call; 1 is one core.

        Args:
            look: returns the seconds of CPU time that each has used so far. Called a second time,
                a moment later, for those that are new.
        """
        now = _looks(look)
        base = {subject: self._base(subject, found) for subject, found in now.items()}
        if any(base[subject] is found for subject, found in now.items()):
            time.sleep(self._interval)
            now = _looks(look)
        self._last = now
        return {subject: _ratio(base.get(subject), found) for subject, found in now.items()}

    def _base(self, subject: str, now: _Look) -> _Look:
        """The last look, when it is long enough ago and not at another one of that name."""
        last = self._last.get(subject)
        fits = last and now.at - last.at >= self._interval and last.seconds <= now.seconds
        return last if last and fits else now


def _looks(look: Callable[[], Mapping[str, float]]) -> dict[str, _Look]:
    at = time.monotonic()
    return {subject: _Look(at, seconds) for subject, seconds in look().items()}


def _ratio(before: _Look | None, after: _Look) -> float:
    if before is None or after.at <= before.at:
        return 0.0
    return max(0.0, after.seconds - before.seconds) / (after.at - before.at)
