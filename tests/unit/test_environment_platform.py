"""What a platform makes of its provider, and the lock it holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence  # noqa: TC003 (a protocol's method has it)
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from rollout_platform import TARGET, MemoryHistory, MemoryReplicas, MemoryRouter, World

from fullcycle.environment import Platform
from fullcycle.errors import LockedError, OutOfReachError, UsageError
from fullcycle.providers import Ailment, Capabilities, Holder
from fullcycle.rollout import RolloutRuntime


@dataclass
class Latch:
    """A lock in memory that can be taken away or put out of reach."""

    owner: str = ""
    reachable: bool = True
    beats: int = 0
    beaten: threading.Event = field(default_factory=threading.Event)

    def acquire(self, owner: str, ttl: float) -> None:
        assert ttl > 0
        if self.owner:
            raise LockedError(f"locked by {self.owner}")
        self.owner = owner

    def heartbeat(self, owner: str, ttl: float) -> None:
        assert ttl > 0
        self.beats += 1
        self.beaten.set()
        if not self.reachable:
            raise OutOfReachError("nobody answers")
        if self.owner != owner:
            raise LockedError(f"held by {self.owner}")

    def release(self, owner: str) -> None:
        if self.owner == owner:
            self.owner = ""

    def holder(self) -> Holder | None:
        now = datetime.now(UTC)
        return Holder(owner=self.owner, since=now, expires=now + timedelta(seconds=1))

    def break_(self) -> Holder | None:
        return self.holder()


@dataclass
class Offering:
    """A provider of just these capabilities."""

    offered: Capabilities
    name: ClassVar[str] = "offering"
    Options: ClassVar[type] = dict

    def capabilities(self) -> Capabilities:
        return self.offered

    def examine(self) -> Sequence[Ailment]:
        return ()


def platform(offered: Capabilities) -> Platform:
    return Platform(Offering(offered), TARGET)


def test_primitives_make_a_runtime() -> None:
    world = World()
    made = platform(
        Capabilities(
            replicas=MemoryReplicas(world),
            router=MemoryRouter(world),
            history=MemoryHistory(world),
        )
    )
    assert isinstance(made.runtime, RolloutRuntime)
    assert made.runtime is made.runtime


def test_a_providers_own_runtime_goes_first() -> None:
    own = World().runtime()
    assert platform(Capabilities(runtime=own)).runtime is own


def test_a_provider_without_either_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'offering' cannot run applications.*Replicas\+Router"):
        _ = platform(Capabilities(replicas=MemoryReplicas(World()))).runtime


def test_a_missing_capability_is_named_with_its_provider() -> None:
    with pytest.raises(UsageError, match="provider 'offering' offers no telemetry"):
        platform(Capabilities()).require("telemetry")


def test_the_lock_is_given_back_whatever_happens() -> None:
    latch = Latch()
    with pytest.raises(KeyboardInterrupt), platform(Capabilities(lock=latch)).locked("me"):
        raise KeyboardInterrupt
    assert latch.owner == ""


def test_a_lock_that_is_held_keeps_others_out() -> None:
    latch = Latch(owner="ann@laptop")
    with (
        pytest.raises(LockedError, match="ann@laptop"),
        platform(Capabilities(lock=latch)).locked("me"),
    ):
        pytest.fail("two have the lock")
    assert latch.owner == "ann@laptop"


def test_a_heartbeat_keeps_the_lock() -> None:
    latch = Latch()
    with platform(Capabilities(lock=latch)).locked("me", ttl=0.03) as hold:
        assert latch.beaten.wait(10)
        hold.check()
    assert "lock heartbeat" not in {thread.name for thread in threading.enumerate()}


def test_a_lock_that_was_taken_away_is_noticed_at_the_next_check() -> None:
    latch = Latch()
    with platform(Capabilities(lock=latch)).locked("me", ttl=0.03) as hold:
        latch.owner = "ann@laptop"
        with pytest.raises(LockedError, match="was lost: held by ann@laptop"):
            _check_until_lost(hold.check)
    assert latch.owner == "ann@laptop"


def test_a_lock_that_cannot_be_renewed_is_lost_only_when_its_time_is_over() -> None:
    latch = Latch(reachable=False)
    with platform(Capabilities(lock=latch)).locked("me", ttl=0.3) as hold:
        assert latch.beaten.wait(10)
        hold.check()
        with pytest.raises(LockedError, match="was lost: nobody answers"):
            _check_until_lost(hold.check)


def _check_until_lost(check: Callable[[], None]) -> None:
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        check()
        time.sleep(0.005)
