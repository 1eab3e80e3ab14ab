"""Generators that finish their work even when nobody listens any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from fullcycle.model import Event

T = TypeVar("T")


def to_the_end(work: Generator[Event, None, T]) -> Generator[Event, None, T]:
    """Yield what happens; when closed, do the rest of the work in silence."""
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        try:
            yield event
        except GeneratorExit:
            exhaust(work)
            raise


def exhaust(work: Iterator[Event]) -> None:
    """Do all of the work in silence."""
    for _ in work:
        pass
