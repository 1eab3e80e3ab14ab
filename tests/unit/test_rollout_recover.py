"""A process that is killed in the middle of a deployment, at every call, and what follows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rollout_platform import Killed, World, workload

from fullcycle.model import DeploymentStatus, Process, Workload
from fullcycle.providers import Strategy

BLUE_GREEN = Strategy(kind="blue-green", pause=0)
CANARY = Strategy(kind="canary", steps=(10, 50), pause=0)
WORKERS = (Process(name="worker", command="work", replicas=2),)


def worked(version: str, processes: tuple[Process, ...] = WORKERS) -> Workload:
    """A workload with other processes."""
    return replace(workload(version, 2), processes=processes)


JOURNEYS = {
    "another version": (workload("v1"), workload("v2"), Strategy()),
    "two at a time": (workload("v1", 4), workload("v2", 4), Strategy(batch=2)),
    "more of another version": (workload("v1", 3), workload("v2", 5), Strategy()),
    "fewer of another version": (workload("v1", 5), workload("v2", 2), Strategy()),
    "other settings": (workload("v1"), replace(workload("v1"), env={"A": "1"}), Strategy()),
    "scaled up": (workload("v1", 2), workload("v1", 4), Strategy()),
    "scaled down": (workload("v1", 4), workload("v1", 1), Strategy()),
    "restarted": (workload("v1"), workload("v1"), Strategy(replace=True)),
    "blue-green": (workload("v1"), workload("v2"), BLUE_GREEN),
    "blue-green of one": (workload("v1", 1), workload("v2", 1), BLUE_GREEN),
    "canary": (workload("v1"), workload("v2"), CANARY),
    "canary of one": (workload("v1", 1), workload("v2", 1), CANARY),
    "canary of more": (workload("v1", 2), workload("v2", 4), CANARY),
    "scaled by canary": (workload("v1", 2), workload("v1", 4), CANARY),
    "with workers": (worked("v1"), worked("v2"), Strategy()),
    "blue-green with workers": (worked("v1"), worked("v2"), BLUE_GREEN),
    "canary with workers": (worked("v1"), worked("v2"), CANARY),
    "the workers go": (worked("v1"), worked("v2", ()), Strategy()),
    "workers come": (worked("v1", ()), worked("v2"), CANARY),
    "restarted with workers": (worked("v1"), worked("v1"), Strategy(replace=True)),
}


def run_until(call: int, old: Workload, new: Workload, strategy: Strategy, *, after: bool) -> World:
    """Deploy one workload, then the other, killed at that call."""
    world = World()
    world.deploy(old)
    world.watch()
    world.dies_at, world.dies_after = call, after
    with pytest.raises(Killed):
        world.deploy(new, strategy)
    world.dies_at = None
    return world


def calls(old: Workload, new: Workload, strategy: Strategy) -> int:
    """How many calls the deployment makes."""
    world = World()
    world.deploy(old)
    world.watch()
    world.deploy(new, strategy)
    return len(world.calls)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("journey", JOURNEYS)
def test_killed_at_any_call_the_service_goes_on_and_recovers_to_one_version(
    journey: str, after: bool
) -> None:
    old, new, strategy = JOURNEYS[journey]
    total = calls(old, new, strategy)
    outcomes = set()
    for call in range(1, total if after else total + 1):
        world = run_until(call, old, new, strategy, after=after)
        events = world.recover()
        least = min(old.replicas, new.replicas)
        assert world.low >= least, (call, "served too few")
        assert world.serving() == world.running(), (call, "a stray, or one without requests")
        if events:
            status = world.outcome()[0]
            goal = new if status is DeploymentStatus.SUCCEEDED else old
            outcomes.add(status)
            version = goal.release.version
            assert world.running() == [version] * goal.replicas, call
            workers = sum(each.replicas for each in goal.processes)
            assert world.running("worker") == [version] * workers, call
        assert set(world.weights.values()) == {100}, (call, "weights that are not even")
        assert world.recover() == [], (call, "recovering again finds something to do")
        assert not world.runtime().status().notes, call
    assert outcomes


def test_a_deployment_killed_when_it_served_entirely_is_finished() -> None:
    old, new, strategy = JOURNEYS["another version"]
    world = run_until(calls(old, new, strategy), old, new, strategy, after=False)
    assert world.outcome()[0] is DeploymentStatus.RUNNING
    events = world.recover()
    assert events[-1].message == "deployment d2 is finished"
    assert world.outcome()[0] is DeploymentStatus.SUCCEEDED
    assert world.running() == ["v2"] * 3


@pytest.mark.parametrize("call", range(1, 30))
def test_killed_while_recovering_it_recovers_the_next_time(call: int) -> None:
    old, new, strategy = JOURNEYS["another version"]
    world = run_until(14, old, new, strategy, after=True)
    world.watch()
    world.dies_at = call
    try:
        world.recover()
    except Killed:
        world.dies_at = None
        world.recover()
    world.dies_at = None
    assert world.low == 3
    assert world.running() == world.serving() == ["v1"] * 3


@pytest.mark.parametrize("call", range(1, 10))
def test_a_first_deployment_that_was_killed_leaves_nothing_or_serves(call: int) -> None:
    world = World()
    world.dies_at, world.dies_after = call, True
    with pytest.raises(Killed):
        world.deploy(workload("v1", 2))
    world.dies_at = None
    world.recover()
    finished = world.outcome()[0] is DeploymentStatus.SUCCEEDED
    assert world.running() == world.serving() == (["v1", "v1"] if finished else [])


def test_a_removal_that_was_killed_is_finished() -> None:
    world = World()
    world.deploy(workload("v1"))
    world.watch()
    world.dies_at = 5
    with pytest.raises(Killed):
        list(world.runtime().remove())
    world.dies_at = None
    world.recover()
    assert (world.running(), world.is_open) == ([], False)
    assert world.outcome() == (DeploymentStatus.SUCCEEDED, "removed")


def test_replicas_that_were_lost_are_brought_back() -> None:
    world = World()
    world.deploy(workload("v1"))
    del world.replicas["v1-2"]
    events = world.recover()
    assert world.serving() == ["v1"] * 3
    assert set(world.weights) == set(world.replicas)
    assert any("no such replica" in event.message for event in events)


def test_without_any_record_nothing_is_touched() -> None:
    world = World()
    world.deploy(workload("v1"))
    world.deployments.clear()
    assert world.recover() == []
    assert world.serving() == ["v1"] * 3
