"""What many requests ask for at the same time is made once."""

from __future__ import annotations

import asyncio
import threading
from itertools import count

import pytest

from fullcycle.dashboard import memo
from fullcycle.dashboard.memo import Memo


def test_many_requests_at_the_same_time_make_one_value() -> None:
    numbers = count()

    async def ask() -> list[int]:
        shared: Memo[int] = Memo(lambda: 0)
        return await asyncio.gather(*(shared.get("x", lambda: next(numbers), 5) for _ in range(99)))

    assert asyncio.run(ask()) == [0] * 99


def test_a_value_is_made_anew_when_its_data_changes() -> None:
    numbers, marks = count(), count()

    async def ask() -> list[int]:
        shared: Memo[int] = Memo(lambda: next(marks))
        return [await shared.get("x", lambda: next(numbers), 5) for _ in range(3)]

    assert asyncio.run(ask()) == [0, 1, 2]


def test_a_value_is_made_anew_when_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "KEEP_SECONDS", 0.0)
    numbers = count()

    async def ask() -> list[int]:
        shared: Memo[int] = Memo(lambda: 0)
        return [await shared.get("x", lambda: next(numbers), 5) for _ in range(3)]

    assert asyncio.run(ask()) == [0, 1, 2]


def test_who_waits_for_too_long_gets_an_error_and_starts_no_second_attempt() -> None:
    go, begun = threading.Event(), count()

    def make() -> int:
        go.wait(20)
        return next(begun)

    async def ask() -> int:
        shared: Memo[int] = Memo(lambda: 0)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await shared.get("x", make, 0.02)
        go.set()
        return await shared.get("x", make, 20)

    assert asyncio.run(ask()) == 0
    assert next(begun) == 1


def test_an_error_is_told_to_everybody_who_asked() -> None:
    def make() -> int:
        raise LookupError("gone")

    async def ask() -> list[int | BaseException]:
        shared: Memo[int] = Memo(lambda: 0)
        asked = (shared.get("x", make, 5) for _ in range(3))
        return await asyncio.gather(*asked, return_exceptions=True)

    assert [str(error) for error in asyncio.run(ask())] == ["gone"] * 3


def test_what_nobody_asks_for_any_more_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "KEEP_ENTRIES", 2)

    async def ask() -> int:
        shared: Memo[int] = Memo(lambda: 0)
        for key in range(9):
            await shared.get(key, lambda: 0, 5)
        return len(shared._entries)

    assert asyncio.run(ask()) == 2
