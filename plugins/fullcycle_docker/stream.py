"""Streams: what an Engine tells while it works, read so that the reader can stop at any moment."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from .faults import fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from docker.api import APIClient

    from fullcycle.providers import Bench

    from .engine import Engine

T = TypeVar("T")
PATIENCE = 0.2
"""Seconds between two looks at whether the step has been cancelled."""
LAST = 5.0
"""Seconds a reader may take to notice that its connection is cut."""


@contextmanager
def stream(
    engine: Engine, call: Callable[[APIClient], Iterable[T]], bench: Bench | None, doing: str
) -> Iterator[Iterator[T]]:
    """What a call yields, on a connection of its own that is cut when the reader stops.

    The Engine ends a build, a push or a pull whose connection is gone.

    Args:
        engine: where.
        call: asks for the stream; runs in another thread.
        bench: is asked all the time whether the step goes on; nobody is, without one.
        doing: for errors, after "while".

    Raises:
        FullcycleError: as `faults.translated`; what the bench raises.
    """
    with engine.connection() as api:
        answers: list[Any] = []
        api.hooks["response"].append(lambda answer, *_, **__: answers.append(answer))
        queue: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()
        reader = Thread(target=_read, args=(call, api, queue), daemon=True)
        reader.start()
        try:
            yield _items(queue, bench, doing)
        finally:
            for answer in answers:
                _cut(answer)
            reader.join(LAST)
            for answer in answers:
                answer.close()


def _read(
    call: Callable[[APIClient], Iterable[T]],
    api: APIClient,
    queue: SimpleQueue[tuple[T] | BaseException | None],
) -> None:
    try:
        for item in call(api):
            queue.put((item,))
    except BaseException as error:  # noqa: BLE001 (it is raised again where the stream is read)
        queue.put(error)
    else:
        queue.put(None)


def _items(
    queue: SimpleQueue[tuple[T] | BaseException | None], bench: Bench | None, doing: str
) -> Iterator[T]:
    while True:
        if bench:
            bench.checkpoint()
        try:
            item = queue.get(timeout=PATIENCE)
        except Empty:
            continue
        if item is None:
            return
        if isinstance(item, BaseException):
            raise fault(item, doing) if isinstance(item, Exception) else item
        yield item[0]


def _cut(answer: Any) -> None:
    """Close the connection under a reader in another thread; ssh ends with its client."""
    from docker.errors import DockerException
    from docker.types import CancellableStream

    with suppress(DockerException, OSError, AttributeError):
        CancellableStream(iter(()), answer).close()
