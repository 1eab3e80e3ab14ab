"""What is counted of the requests to one replica of the engine `python`."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from contextlib import contextmanager
from itertools import accumulate
from statistics import fmean
from typing import TYPE_CHECKING

from fullcycle.observe.histogram import BOUNDS, histogram

from .control import WINDOW

if TYPE_CHECKING:
    from collections.abc import Iterator


class Meter:
    """The counters."""

    def __init__(self) -> None:
        self.sessions = 0
        self.requests = 0
        self.errors = 0
        self._seconds: deque[float] = deque(maxlen=WINDOW)
        self._buckets = [0] * (len(BOUNDS) + 1)

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request while it is being served."""
        self.sessions += 1
        self.requests += 1
        try:
            yield
        finally:
            self.sessions -= 1

    def answered(self, status: int, seconds: float) -> None:
        """Count a response."""
        self._seconds.append(seconds)
        self._buckets[bisect_left(BOUNDS, seconds)] += 1
        self.errors += status >= 500  # noqa: PLR2004

    def mean(self) -> float | None:
        """Seconds the last responses took; None before the first."""
        return fmean(self._seconds) if self._seconds else None

    def latencies(self) -> dict[float, int]:
        """See RouteStatistics.latencies."""
        return histogram(list(accumulate(reversed(self._buckets)))[::-1])
