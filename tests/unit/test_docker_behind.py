from __future__ import annotations

import threading

import pytest

from fullcycle_docker.behind import Behind

LONG = 60.0
"""Seconds that no test waits."""


class Work:
    def __init__(self) -> None:
        self.times = 0
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.begun = threading.Semaphore(0)

    def __call__(self) -> None:
        self.begun.release()
        assert self.goes_on.wait(20)
        self.times += 1


def test_it_is_done_once_for_all_who_asked() -> None:
    work = Work()
    behind = Behind(work, LONG)
    for _ in range(5):
        behind.begin()
    assert work.times == 0
    behind.wait()
    assert work.times == 1


def test_it_is_done_even_if_nobody_waits() -> None:
    work = Work()
    Behind(work, 0.01).begin()
    assert work.begun.acquire(timeout=20)


def test_what_is_asked_for_while_it_is_done_is_done_once_more() -> None:
    work = Work()
    behind = Behind(work, 0.0)
    work.goes_on.clear()
    behind.begin()
    assert work.begun.acquire(timeout=20)
    behind.begin()
    behind.begin()
    work.goes_on.set()
    behind.wait()
    assert work.times == 2


def test_waiting_for_nothing_returns_at_once() -> None:
    work = Work()
    behind = Behind(work, LONG)
    behind.wait()
    behind.begin()
    behind.wait()
    behind.wait()
    assert work.times == 1


def test_who_waits_learns_why_it_failed() -> None:
    def fail() -> None:
        raise OSError("no space left")

    behind = Behind(fail, LONG)
    behind.begin()
    with pytest.raises(OSError, match="no space left"):
        behind.wait()
