"""What many requests ask for at the same time is made once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")

KEEP_SECONDS = 1.0
KEEP_ENTRIES = 256


@dataclass(slots=True)
class _Entry(Generic[T]):
    mark: Hashable
    made: asyncio.Future[T]
    done_at: float | None = None

    def reusable(self, mark: Hashable) -> bool:
        if self.done_at is None:
            return True
        return self.mark == mark and monotonic() - self.done_at < KEEP_SECONDS


class Memo(Generic[T]):
    """Values made in threads, kept for a second while what they were made from is unchanged."""

    def __init__(self, mark: Callable[[], Hashable]) -> None:
        """`mark` changes when the data does; it is asked on every use and must be quick."""
        self._mark = mark
        self._entries: OrderedDict[Hashable, _Entry[T]] = OrderedDict()

    async def get(self, key: Hashable, make: Callable[[], T], limit: float) -> T:
        """The value of the key, or the error making it ended with.

        Raises:
            TimeoutError: it was not made within `limit` seconds.
        """
        mark = self._mark()
        entry = self._entries.get(key)
        if entry is None or not entry.reusable(mark):
            entry = self._begin(key, mark, make)
        async with asyncio.timeout(limit):
            return await asyncio.shield(entry.made)

    def _begin(self, key: Hashable, mark: Hashable, make: Callable[[], T]) -> _Entry[T]:
        made = asyncio.ensure_future(asyncio.to_thread(make))
        entry = _Entry(mark, made)

        def done(future: asyncio.Future[T]) -> None:
            entry.done_at = monotonic()
            if not future.cancelled():
                future.exception()  # retrieved, also when nobody waits any more

        made.add_done_callback(done)
        self._entries[key] = entry
        self._entries.move_to_end(key)
        while len(self._entries) > KEEP_ENTRIES:
            self._entries.popitem(last=False)
        return entry
