from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pytest
from rollout_platform import TARGET, MemoryReplicas, MemoryRouter, World, workload

from fullcycle.errors import RolledBackError
from fullcycle.providers import Strategy
from fullcycle.rollout import RolloutRuntime
from fullcycle.rollout.together import together

if TYPE_CHECKING:
    from fullcycle.model import Replica, Workload


@dataclass
class Workshop:
    """Work that others can watch."""

    bad: int = -1
    patience: float = 0.01
    begun: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)

    def work(self, number: int) -> int:
        self.begun.append(number)
        time.sleep(self.patience)
        if number == self.bad:
            raise ValueError(number)
        self.done.append(number)
        return number * 10


@pytest.mark.parametrize("at_once", [1, 3, 20])
def test_results_come_in_order(at_once: int) -> None:
    with together(Workshop().work, range(9), at_once) as results:
        assert list(results) == [number * 10 for number in range(9)]


def test_several_are_done_at_the_same_time() -> None:
    meeting = threading.Barrier(4, timeout=20)
    with together(lambda _: meeting.wait(), range(4), 4) as results:
        assert sorted(results) == [0, 1, 2, 3]


def test_no_more_are_done_at_a_time_than_the_platform_can() -> None:
    now, most = threading.Semaphore(3), []

    def work(number: int) -> None:
        most.append(now.acquire(blocking=False))
        time.sleep(0.01 * (number % 3))
        now.release()

    with together(work, range(12), 3) as results:
        assert len(list(results)) == 12
    assert all(most)


def test_alone_each_waits_for_its_turn() -> None:
    shop = Workshop()
    with together(shop.work, range(3), 1) as results:
        assert next(results) == 0
        assert shop.begun == [0]


@pytest.mark.parametrize("at_once", [1, 2])
def test_nothing_is_begun_after_a_failure(at_once: int) -> None:
    shop = Workshop(bad=0)
    with pytest.raises(ValueError, match="0"), together(shop.work, range(50), at_once) as results:
        list(results)
    assert len(shop.begun) < 50
    assert set(shop.begun) - set(shop.done) == {0}


def test_what_has_begun_is_over_when_nobody_wants_the_rest() -> None:
    shop = Workshop()
    with together(shop.work, range(50), 2) as results:
        next(results)
    assert len(shop.begun) < 50
    assert sorted(shop.begun) == sorted(shop.done)


BATCH = Strategy(batch=3)


class ManyReplicas(MemoryReplicas):
    at_once: ClassVar[int] = 4
    mutex: ClassVar[threading.Lock] = threading.Lock()

    def start(self, workload: Workload, deployment: str) -> Replica:
        with self.mutex:
            return super().start(workload, deployment)


class ManyWorld(World):
    """A platform that does several things at the same time."""

    def runtime(self) -> RolloutRuntime:
        return RolloutRuntime(TARGET, ManyReplicas(self), MemoryRouter(self), self.history())


@pytest.fixture
def world() -> World:
    made = ManyWorld()
    made.deploy(workload("v1"))
    made.watch()
    return made


def test_replicas_are_replaced_together_without_losing_strength(world: World) -> None:
    events = [event.message for event in world.deploy(workload("v2"), BATCH)]
    assert world.serving() == world.running() == ["v2"] * 3
    assert world.low == 3
    for said in ("started v2", "serves requests", "stopped v1"):
        assert events.count(said) == 3


@pytest.mark.parametrize("replicas", [20, 1])
def test_replicas_come_and_go_together(world: World, replicas: int) -> None:
    world.deploy(workload("v1", replicas))
    assert world.serving() == world.running() == ["v1"] * replicas


def test_a_batch_of_which_one_fails_is_undone_whole(world: World) -> None:
    world.sick_from["v2"] = 2
    with pytest.raises(RolledBackError):
        world.deploy(workload("v2"), BATCH)
    assert world.serving() == world.running() == ["v1"] * 3


@pytest.mark.parametrize("said", ["started", "serves", "stopped"])
def test_a_deployment_given_up_in_the_midst_of_a_batch_is_undone_whole(
    world: World, said: str
) -> None:
    with closing(world.deploying(workload("v2"), BATCH)) as deploying:  # type: ignore[type-var]
        assert any(event.message.startswith(said) for event in deploying)
    assert world.serving() == world.running() == ["v1"] * 3
