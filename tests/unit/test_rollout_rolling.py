"""A rolling deployment, and what becomes of one that fails."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest
from rollout_platform import World, workload

from fullcycle.errors import RolledBackError, StepError, UsageError
from fullcycle.model import DeploymentStatus, ReplicaState
from fullcycle.providers import Strategy


@pytest.fixture
def world() -> World:
    """An environment that runs three replicas of v1."""
    world = World()
    world.deploy(workload("v1"))
    world.watch()
    return world


def test_a_first_deployment_starts_all_replicas_and_routes_them() -> None:
    world = World()
    events = world.deploy(workload("v1"))
    assert world.serving() == ["v1", "v1", "v1"]
    assert world.outcome() == (DeploymentStatus.SUCCEEDED, "")
    assert "http://127.0.0.1:8000" in events[-1].message


@pytest.mark.parametrize("replicas", [1, 2, 3, 5])
@pytest.mark.parametrize("batch", [1, 2, 10])
def test_a_new_version_replaces_the_old_one_without_losing_strength(
    world: World, replicas: int, batch: int
) -> None:
    world.deploy(workload("v2", replicas), Strategy(batch=batch))
    assert world.serving() == world.running() == ["v2"] * replicas
    assert world.low == min(3, replicas)


def test_a_batch_is_replaced_before_the_next_one_starts(world: World) -> None:
    world.deploy(workload("v2"), Strategy(batch=2))
    steps = [call for call in world.calls if call.startswith(("start", "route", "stop"))]
    assert steps == [
        *["start v2"] * 2, *["route v2"] * 2, *["stop v1"] * 2,
        "start v2", "route v2", "stop v1",
    ]  # fmt: skip


def test_old_replicas_finish_their_requests_before_they_stop(world: World) -> None:
    world.busy.add("v1")
    events = world.deploy(workload("v2"))
    assert any("requests left after 0.01 s" in event.message for event in events)
    assert world.running() == ["v2", "v2", "v2"]


@pytest.mark.parametrize("replicas", [1, 2, 4, 7])
def test_scaling_touches_only_the_difference(world: World, replicas: int) -> None:
    before = set(world.replicas)
    world.deploy(workload("v1", replicas))
    assert world.serving() == ["v1"] * replicas
    assert len(before & set(world.replicas)) == min(3, replicas)


def test_the_same_release_with_other_settings_replaces_every_replica(world: World) -> None:
    before = set(world.replicas)
    world.deploy(replace(workload("v1"), env={"COLOUR": "green"}))
    assert world.serving() == ["v1", "v1", "v1"]
    assert not before & set(world.replicas)


def test_a_restart_replaces_replicas_that_are_alike(world: World) -> None:
    before = set(world.replicas)
    world.deploy(workload("v1"), Strategy(replace=True))
    assert world.serving() == ["v1", "v1", "v1"]
    assert not before & set(world.replicas)


def test_a_replica_that_is_alike_but_unhealthy_is_replaced(world: World) -> None:
    world.sick.add("v1-2")
    world.deploy(workload("v1"))
    assert sorted(world.replicas) == ["v1-1", "v1-3", "v1-4"]
    assert world.serving() == ["v1"] * 3


def test_an_unhealthy_version_is_rolled_back_and_the_error_says_why(world: World) -> None:
    world.sick.add("v2")
    with pytest.raises(RolledBackError) as failed:
        world.deploy(workload("v2"))
    assert "within 0.02 s on /healthz: 503" in failed.value.message
    assert "v1 serves again with 3 replicas" in failed.value.message
    assert "the log of v2-1" in failed.value.log_tail
    assert world.serving() == world.running() == ["v1"] * 3
    assert world.low == 3
    status, reason = world.outcome()
    assert status is DeploymentStatus.ROLLED_BACK
    assert "503" in reason


def test_a_crashing_version_is_given_up_at_the_first_look(world: World) -> None:
    world.crashing.add("v2")
    with pytest.raises(RolledBackError, match=r"not going to be healthy.*exit code 1") as failed:
        world.deploy(workload("v2"))
    assert world.calls.count("probe") == 1
    assert failed.value.log_tail == "boom"


def test_a_version_that_the_router_refuses_is_rolled_back(world: World) -> None:
    world.refused.add("v2")
    with pytest.raises(RolledBackError, match="router finds v2-1 unhealthy") as failed:
        world.deploy(workload("v2"))
    assert "the log of v2-1" in failed.value.log_tail
    assert world.serving() == world.running() == ["v1"] * 3


@pytest.mark.parametrize("good", [1, 2])
def test_old_replicas_already_replaced_come_back_with_their_whole_workload(good: int) -> None:
    world = World()
    before = replace(workload("v1"), env={"COLOUR": "blue"})
    world.deploy(before)
    world.watch()
    world.sick_from["v2"] = good + 1
    with pytest.raises(RolledBackError):
        world.deploy(workload("v2"))
    assert world.serving() == world.running() == ["v1"] * 3
    assert {replica.deployment for replica in world.replicas.values()} == {"d1"}
    assert world.low == 3
    assert world.runtime().status().deployment == world.deployments["d1"]


def test_a_failed_restart_keeps_what_is_healthy(world: World) -> None:
    world.sick_from["v1"] = 5
    with pytest.raises(RolledBackError):
        world.deploy(workload("v1"), Strategy(replace=True))
    assert sorted(world.replicas) == ["v1-2", "v1-3", "v1-4"]
    assert world.serving() == ["v1"] * 3


def test_it_says_so_when_the_old_version_cannot_come_back(world: World) -> None:
    world.sick_from.update(v1=4, v2=2)
    with pytest.raises(StepError, match="going back failed too: replica v1-4") as failed:
        world.deploy(workload("v2"))
    assert not isinstance(failed.value, RolledBackError)
    assert world.serving() == world.running() == ["v1", "v1"]
    assert world.outcome()[0] is DeploymentStatus.FAILED


def test_a_first_deployment_that_fails_leaves_nothing() -> None:
    world = World()
    world.sick.add("v1")
    with pytest.raises(StepError, match="nothing before it") as failed:
        world.deploy(workload("v1"))
    assert not isinstance(failed.value, RolledBackError)
    assert (world.running(), world.weights, world.is_open) == ([], {}, False)
    assert world.outcome()[0] is DeploymentStatus.FAILED


def test_an_error_of_the_users_keeps_its_own_exit_code(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_: object) -> str:
        monkeypatch.undo()
        raise UsageError("port 8000 is taken")

    monkeypatch.setattr("rollout_platform.MemoryRouter.open", taken)
    with pytest.raises(UsageError, match="is taken"):
        world.deploy(workload("v2"))
    assert world.serving() == ["v1"] * 3
    assert world.outcome() == (DeploymentStatus.FAILED, "port 8000 is taken")


def test_closing_a_deployment_at_any_event_leaves_the_old_version_serving() -> None:
    total = _events()
    for cut in range(1, total):
        world = World()
        world.deploy(workload("v1"))
        world.watch()
        with closing(world.deploying(workload("v2"))) as events:  # type: ignore[type-var]
            for _ in range(cut):
                next(events)
        assert world.serving() == world.running() == ["v1"] * 3, cut
        assert world.low == 3, cut
        assert world.outcome() == (DeploymentStatus.INTERRUPTED, "interrupted and undone"), cut


def _events() -> int:
    world = World()
    world.deploy(workload("v1"))
    return len(world.deploy(workload("v2")))


def test_an_interrupt_from_the_keyboard_undoes_and_goes_on_its_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr("rollout_platform.MemoryRouter.withdraw", interrupt)
    with pytest.raises(KeyboardInterrupt):
        world.deploy(workload("v2"))
    assert world.serving() == world.running() == ["v1"] * 3
    assert world.outcome()[0] is DeploymentStatus.INTERRUPTED


def test_the_status_tells_what_is_amiss(world: World) -> None:
    assert world.runtime().status().notes == ()
    lost = world.replicas.pop("v1-1")
    world.replicas["v1-2"] = replace(world.replicas["v1-2"], state=ReplicaState.CRASHED)
    world.replicas["x-9"] = replace(lost, id="x-9", deployment="unknown")
    status = world.runtime().status()
    assert (status.desired, len(status.replicas)) == (3, 3)
    assert any("v1-2 has crashed" in note for note in status.notes)
    assert any("x-9 of version v1 belongs to no live" in note for note in status.notes)


def test_removing_stops_everything_and_keeps_the_history(world: World) -> None:
    list(world.runtime().remove())
    assert (world.running(), world.weights, world.is_open) == ([], {}, False)
    status = world.runtime().status()
    assert (status.url, status.desired, status.deployment) == ("", 0, None)
    assert [d.strategy for d in world.deployments.values()] == ["rolling", "remove"]
    world.sick.add("v2")
    with pytest.raises(StepError, match="nothing before it"):
        world.deploy(workload("v2"))
    assert world.running() == []
