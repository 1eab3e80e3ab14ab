"""What every Lock promises."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from fullcycle.errors import LockedError

from .contract import Contract, Kit

TTL = 60.0
SHORT = 0.2


class LockContract(Contract):
    """One deployment at a time."""

    def test_a_second_owner_is_refused_and_told_who_holds_it(self, kit: Kit) -> None:
        kit.platform.require("lock").acquire("ann@laptop", TTL)
        other = kit.connect().require("lock")
        with pytest.raises(LockedError, match="ann@laptop"):
            other.acquire("bob@server", TTL)
        holder = other.holder()
        assert holder is not None
        assert holder.owner == "ann@laptop"
        assert holder.expires > holder.since

    def test_a_lock_that_was_given_back_is_free(self, kit: Kit) -> None:
        lock = kit.platform.require("lock")
        lock.acquire("ann@laptop", TTL)
        lock.release("ann@laptop")
        assert lock.holder() is None
        kit.connect().require("lock").acquire("bob@server", TTL)

    def test_a_lock_is_not_given_back_by_somebody_else(self, kit: Kit) -> None:
        lock = kit.platform.require("lock")
        lock.acquire("ann@laptop", TTL)
        kit.connect().require("lock").release("bob@server")
        holder = lock.holder()
        assert holder is not None
        assert holder.owner == "ann@laptop"

    def test_an_expired_lock_is_taken_over(self, kit: Kit) -> None:
        kit.platform.require("lock").acquire("ann@laptop", SHORT)
        time.sleep(SHORT * 1.5)
        kit.connect().require("lock").acquire("bob@server", TTL)
        with pytest.raises(LockedError, match="bob@server"):
            kit.platform.require("lock").heartbeat("ann@laptop", TTL)

    def test_a_heartbeat_keeps_the_lock(self, kit: Kit) -> None:
        lock = kit.platform.require("lock")
        lock.acquire("ann@laptop", SHORT)
        lock.heartbeat("ann@laptop", TTL)
        time.sleep(SHORT * 1.5)
        with pytest.raises(LockedError, match="ann@laptop"):
            kit.connect().require("lock").acquire("bob@server", TTL)

    def test_a_broken_lock_is_free_and_its_owner_learns_of_it(self, kit: Kit) -> None:
        lock = kit.platform.require("lock")
        lock.acquire("ann@laptop", TTL)
        broken = kit.connect().require("lock").break_()
        assert broken is not None
        assert broken.owner == "ann@laptop"
        assert lock.holder() is None
        with pytest.raises(LockedError):
            lock.heartbeat("ann@laptop", TTL)

    def test_breaking_a_free_lock_does_nothing(self, kit: Kit) -> None:
        assert kit.platform.require("lock").break_() is None

    def test_of_many_who_ask_at_once_only_one_gets_it(self, kit: Kit) -> None:
        def ask(number: int) -> bool:
            try:
                kit.connect().require("lock").acquire(f"user{number}@host", TTL)
            except LockedError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(ask, range(8))) == 1
