"""Blue-green and canary: who gets requests when, and what ends them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from rollout_platform import World, workload

from fullcycle.errors import RolledBackError
from fullcycle.model import DeploymentStatus, Event, ReplicaState
from fullcycle.providers import Analysis, Strategy

STRICT = Analysis(error_rate=0.01, percentiles={95: 0.5}, min_requests=20)
ENDLESS = 3600.0


def blue_green(pause: float = 0.01, analysis: Analysis = STRICT, **changes: Any) -> Strategy:
    return Strategy(kind="blue-green", pause=pause, analysis=analysis, **changes)


def canary(*steps: int, pause: float = 0.01, analysis: Analysis = STRICT, **more: Any) -> Strategy:
    return Strategy(kind="canary", steps=steps, pause=pause, analysis=analysis, **more)


BOTH = pytest.mark.parametrize("strategy", [blue_green(), canary(10, 50)], ids=lambda s: s.kind)


@pytest.fixture
def world() -> World:
    """An environment that runs three replicas of v1, and has users."""
    world = World(per_look=300)
    world.deploy(workload("v1"))
    world.watch()
    return world


def moves(world: World) -> list[str]:
    return [call for call in world.calls if call.startswith(("start", "route", "drain", "stop"))]


@BOTH
def test_all_replicas_are_replaced_and_weigh_the_same(world: World, strategy: Strategy) -> None:
    world.deploy(workload("v2"), strategy)
    assert world.serving() == world.running() == ["v2"] * 3
    assert set(world.weights.values()) == {100}
    assert world.low == 3
    assert world.outcome() == (DeploymentStatus.SUCCEEDED, "")


def test_green_gets_its_first_request_when_all_of_it_is_ready(world: World) -> None:
    world.deploy(workload("v2"), blue_green())
    ready = ["start v2"] * 3 + ["route v2"] * 3
    switched = ["route v2"] * 3 + ["drain v1"] * 3
    assert moves(world)[:12] == ready + switched
    assert moves(world)[-3:] == ["stop v1"] * 3


def test_green_that_is_not_healthy_never_gets_a_request(world: World) -> None:
    world.sick_from["v2"] = 3
    with pytest.raises(RolledBackError, match="503"):
        world.deploy(workload("v2"), blue_green())
    assert "drain v1" not in world.calls
    assert not world.requests["v2-1"]
    assert world.serving() == world.running() == ["v1"] * 3


def test_blue_stays_ready_while_green_is_watched(world: World) -> None:
    before = set(world.replicas)
    with closing(world.deploying(workload("v2"), blue_green(approve=True))) as deploying:  # type: ignore[type-var]
        asked = until_question(deploying)
        assert world.shares() == {"v2": 100.0}
        assert before < set(world.replicas)
        assert asked.question == asked.message + ". Go on?"
        assert "v2 with all requests" in asked.question
    assert world.serving() == world.running() == ["v1"] * 3
    assert set(world.replicas) == before, "a replica of blue was started again"


@BOTH
def test_bad_requests_bring_the_old_replicas_back(world: World, strategy: Strategy) -> None:
    before = set(world.replicas)
    world.failing["v2"] = 0.05
    with pytest.raises(RolledBackError, match=r"requests failed \(\d\.\d %\), at most 1 % may"):
        world.deploy(workload("v2"), strategy)
    assert world.serving() == world.running() == ["v1"] * 3
    assert set(world.replicas) == before
    assert set(world.weights.values()) == {100}
    assert world.low == 3


@BOTH
def test_slow_requests_bring_the_old_replicas_back(world: World, strategy: Strategy) -> None:
    world.taking["v2"] = 0.9
    with pytest.raises(RolledBackError, match=r"p95 of \d+ requests is 0\.\d+ s, at most 0\.5 s"):
        world.deploy(workload("v2"), strategy)
    assert world.serving() == world.running() == ["v1"] * 3


@pytest.mark.parametrize("strategy", [blue_green(ENDLESS), canary(10, pause=ENDLESS)])
def test_what_is_certain_is_not_waited_for(world: World, strategy: Strategy) -> None:
    world.failing["v2"] = 0.5
    with pytest.raises(RolledBackError, match="failed") as failed:
        world.deploy(workload("v2"), strategy)
    assert "the log of v2-1" in failed.value.log_tail


@pytest.mark.parametrize("strategy", [blue_green(ENDLESS), canary(10, pause=ENDLESS)])
def test_a_replica_that_ends_while_it_is_watched_ends_the_deployment(
    world: World, strategy: Strategy
) -> None:
    deploying = world.deploying(workload("v2"), strategy)
    next(event for event in deploying if event.message.startswith("watching"))
    world.replicas["v2-1"] = replace(world.replicas["v2-1"], restarts=1)
    with pytest.raises(RolledBackError, match="replica v2-1 has ended"):
        list(deploying)
    assert world.serving() == world.running() == ["v1"] * 3


def test_a_replica_that_falls_ill_while_it_is_watched_ends_the_deployment(world: World) -> None:
    deploying = world.deploying(workload("v2"), blue_green(ENDLESS))
    next(event for event in deploying if event.message.startswith("watching"))
    world.sick.add("v2-2")
    with pytest.raises(RolledBackError, match="the router finds replica v2-2 unhealthy"):
        list(deploying)


@pytest.mark.parametrize(("old", "new"), [(1, 1), (3, 3), (3, 1), (2, 5), (10, 4)])
def test_each_step_of_a_canary_gets_its_share_whatever_the_numbers(old: int, new: int) -> None:
    world = World(per_look=10_000)
    world.deploy(workload("v1", old))
    world.watch()
    shares, running = [], []
    for event in world.deploying(workload("v2", new), canary(5, 25, 75)):
        if "% of the requests" in event.message and "gets" in event.message:
            shares.append(world.shares()["v2"])
            running.append(world.running().count("v2"))
    assert shares == pytest.approx([5, 25, 75], rel=0.05)
    assert running == [max(1, -(-new * percent // 100)) for percent in (5, 25, 75)]
    assert world.low == min(old, new)


def test_a_canary_never_gets_more_than_its_share(world: World) -> None:
    most = 0.0
    for event in world.deploying(workload("v2", 5), canary(10, 20)):
        most = max(most, world.shares().get("v2", 0.0))
        if "20 % of" in event.message:
            break
        assert most <= 10.5
    assert most <= 20.5


def test_an_old_replica_that_is_ill_does_not_distort_the_share(world: World) -> None:
    world.sick.add("v1-2")
    deploying = world.deploying(workload("v2"), canary(10, pause=ENDLESS))
    next(event for event in deploying if "gets 10 %" in event.message)
    assert world.weights["v1-2"] == 0
    assert world.shares()["v2"] == pytest.approx(10, rel=0.05)
    deploying.close()  # type: ignore[attr-defined]


def test_a_canary_fails_at_the_step_where_it_is_bad(world: World) -> None:
    deploying = world.deploying(workload("v2"), canary(10, 50))
    next(event for event in deploying if "gets 50 %" in event.message)
    world.failing["v2"] = 0.9
    with pytest.raises(RolledBackError, match=r"v2 with 50 % of the requests: .* failed"):
        list(deploying)
    assert world.serving() == world.running() == ["v1"] * 3


def test_without_data_a_person_is_asked_and_yes_goes_on(world: World) -> None:
    world.per_look = 0
    events = world.deploy(workload("v2"), canary(10, 50))
    asked = [event.question for event in events if event.question]
    assert asked == [
        f"v2 with {percent} % of the requests: 0 requests, none failed;"
        " no data: 0 requests, at least 20 are needed. Go on?"
        for percent in (10, 50)
    ]
    assert world.serving() == ["v2"] * 3


def test_without_data_a_person_is_asked_and_no_undoes_it(world: World) -> None:
    world.per_look = 0
    deploying = world.deploying(workload("v2"), canary(10, 50))
    until_question(deploying)
    deploying.close()  # type: ignore[attr-defined]
    assert world.serving() == world.running() == ["v1"] * 3
    assert world.outcome()[0] is DeploymentStatus.INTERRUPTED


def test_without_data_a_step_fails_where_the_settings_say_so(world: World) -> None:
    world.per_look = 0
    with pytest.raises(RolledBackError, match="no data: 0 requests, at least 20 are needed"):
        world.deploy(workload("v2"), canary(10, analysis=replace(STRICT, on_no_data="fail")))
    assert world.serving() == ["v1"] * 3


def test_without_data_a_step_passes_where_the_settings_say_so(world: World) -> None:
    world.per_look = 0
    events = world.deploy(workload("v2"), canary(10, analysis=replace(STRICT, on_no_data="pass")))
    assert not any(event.question for event in events)
    assert world.serving() == ["v2"] * 3


def test_a_person_approves_every_step_once(world: World) -> None:
    events = world.deploy(workload("v2"), canary(10, 50, approve=True))
    assert len([event for event in events if event.question]) == 2


def test_what_went_wrong_while_a_person_thought_counts(world: World) -> None:
    deploying = world.deploying(workload("v2"), canary(10, approve=True))
    until_question(deploying)
    world.failing["v2"] = 0.5
    with pytest.raises(RolledBackError, match="failed"):
        list(deploying)
    assert world.serving() == ["v1"] * 3


@BOTH
def test_a_first_deployment_has_nothing_to_be_compared_with(strategy: Strategy) -> None:
    world = World()
    events = world.deploy(workload("v1"), strategy)
    assert world.serving() == ["v1"] * 3
    assert not any(event.question for event in events)


@BOTH
@pytest.mark.parametrize("replicas", [1, 5])
def test_scaling_touches_only_the_difference(
    world: World, strategy: Strategy, replicas: int
) -> None:
    before = set(world.replicas)
    world.deploy(workload("v1", replicas), strategy)
    assert world.serving() == ["v1"] * replicas
    assert len(before & set(world.replicas)) == min(3, replicas)


@BOTH
def test_a_restart_replaces_some_at_a_time(world: World, strategy: Strategy) -> None:
    before = set(world.replicas)
    world.deploy(workload("v1"), replace(strategy, replace=True))
    assert world.serving() == ["v1"] * 3
    assert not before & set(world.replicas)


def test_the_status_says_who_gets_how_much(world: World) -> None:
    deploying = world.deploying(workload("v2"), canary(10, pause=ENDLESS))
    next(event for event in deploying if "gets 10 %" in event.message)
    notes = world.runtime().status().notes
    assert "requests are shared out unevenly: v1 90 %, v2 10 %" in notes
    deploying.close()  # type: ignore[attr-defined]
    assert world.runtime().status().notes == ()


def test_weights_that_are_uneven_are_evened_by_the_next_command(world: World) -> None:
    world.weights["v1-2"] = 30
    world.recover()
    assert set(world.weights.values()) == {100}
    assert world.recover() == []


def test_a_crashed_old_replica_does_not_make_a_watched_version_good(world: World) -> None:
    deploying = world.deploying(workload("v2"), blue_green(ENDLESS))
    next(event for event in deploying if event.message.startswith("watching"))
    world.replicas["v1-1"] = replace(world.replicas["v1-1"], state=ReplicaState.CRASHED)
    world.recover()
    assert world.serving() == world.running() == ["v1"] * 3


def until_question(events: Any) -> Event:
    """What happens up to the first question."""
    found: Event = next(event for event in events if event.question)
    return found
