"""Together: the same done to several things at the same time, where the platform can do that."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Thing = TypeVar("Thing")
Done = TypeVar("Done")


@contextmanager
def together(
    work: Callable[[Thing], Done], things: Sequence[Thing], at_once: int
) -> Iterator[Iterator[Done]]:
    """Yields what comes of the work for each, in order and as soon as it is done.

    With the first failure, and when the block is left, no further work is begun; what has begun is
    over when the block ends.

    Args:
        work: is done to each.
        things: all of them.
        at_once: how many at the same time; with 1 each is only begun when its turn has come.
    """
    workers = min(at_once, len(things))
    if workers <= 1:
        yield map(work, things)
        return
    pool = ThreadPoolExecutor(workers, "rollout")
    try:
        yield pool.map(work, things)
    finally:
        pool.shutdown(cancel_futures=True)
