"""Processes beside the one that requests are routed to: in and out together with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rollout_platform import QUICK, World, workload

from fullcycle.errors import RolledBackError
from fullcycle.model import WEB, HealthCheck, HealthKind, Process, Resources, Workload, parts
from fullcycle.providers import Strategy
from fullcycle.rollout import rollback_target
from fullcycle.rollout.records import alike

WORKER = Process(name="worker", command="work", replicas=2, health=QUICK)
CLOCK = Process(name="clock", command="tick", health=QUICK)
STRATEGIES = pytest.mark.parametrize(
    "strategy",
    [Strategy(), Strategy(kind="blue-green", pause=0), Strategy(kind="canary", pause=0)],
    ids=lambda strategy: strategy.kind,
)


def worked(version: str, *processes: Process) -> Workload:
    return replace(workload(version, 2), processes=processes or (WORKER, CLOCK))


@pytest.fixture
def world() -> World:
    """Two replicas of v1, two workers and a clock."""
    world = World()
    world.deploy(worked("v1"))
    world.watch()
    return world


def everything(world: World) -> dict[str, list[str]]:
    return {process: world.running(process) for process in (WEB, "worker", "clock")}


def all_of(version: str) -> dict[str, list[str]]:
    return {WEB: [version] * 2, "worker": [version] * 2, "clock": [version]}


def test_every_process_is_a_workload_of_its_own() -> None:
    special = replace(WORKER, resources=Resources(cpus=2.0))
    web, worker = parts(worked("v1", special))
    assert (web.process, web.command, web.replicas) == (WEB, "serve {port}", 2)
    assert (worker.process, worker.command, worker.replicas) == ("worker", "work", 2)
    assert (worker.health, worker.resources) == (QUICK, Resources(cpus=2.0))
    assert web.processes == worker.processes == ()


@STRATEGIES
def test_all_processes_are_replaced(world: World, strategy: Strategy) -> None:
    world.deploy(worked("v2"), strategy)
    assert everything(world) == all_of("v2")
    assert world.serving() == ["v2"] * 2
    assert world.runtime().status().notes == ()


@STRATEGIES
def test_the_others_follow_when_the_routed_process_is_through(
    world: World, strategy: Strategy
) -> None:
    world.deploy(worked("v2"), strategy)
    last = max(n for n, call in enumerate(world.calls) if call == "route v2")
    assert last < world.calls.index("start worker v2")
    assert world.calls.index("start worker v2") < world.calls.index("stop worker v1")


@STRATEGIES
@pytest.mark.parametrize("bad", ["worker-v2-2", "clock-v2-1"])
def test_a_process_that_fails_brings_everything_back(
    world: World, strategy: Strategy, bad: str
) -> None:
    world.sick.add(bad)
    with pytest.raises(RolledBackError, match=f"replica {bad}"):
        world.deploy(worked("v2"), strategy)
    assert everything(world) == all_of("v1")
    assert world.serving() == ["v1"] * 2
    assert world.low == 2


@pytest.mark.parametrize("kind", ["blue-green", "canary"])
def test_old_replicas_wait_for_all_processes_where_requests_were_watched(
    world: World, kind: str
) -> None:
    world.sick.add("clock-v2-1")
    before = {r.id for r in world.replicas.values() if r.process == WEB}
    with pytest.raises(RolledBackError):
        world.deploy(worked("v2"), Strategy(kind=kind, pause=0))  # type: ignore[arg-type]
    assert {r.id for r in world.replicas.values() if r.process == WEB} == before


def test_scaling_one_process_touches_no_other(world: World) -> None:
    before = set(world.replicas)
    world.deploy(worked("v1", replace(WORKER, replicas=3), CLOCK))
    assert before < set(world.replicas)
    assert world.running("worker") == ["v1"] * 3
    world.deploy(worked("v1", replace(WORKER, replicas=1), CLOCK))
    assert world.running("worker") == ["v1"]
    assert len(before & set(world.replicas)) == len(before) - 1


def test_other_settings_of_one_process_replace_it_alone(world: World) -> None:
    web = {r.id for r in world.replicas.values() if r.process == WEB}
    world.deploy(worked("v1", replace(WORKER, command="work harder"), CLOCK))
    assert "worker-v1-1" not in world.replicas
    assert web | {"clock-v1-1"} < set(world.replicas)


def test_a_process_of_no_replicas_does_not_run(world: World) -> None:
    world.deploy(worked("v1", replace(WORKER, replicas=0), CLOCK))
    assert world.running("worker") == []
    assert world.runtime().status().notes == ()


def test_a_process_that_the_application_has_no_more_is_stopped(world: World) -> None:
    world.deploy(worked("v2", CLOCK))
    assert world.running("worker") == []
    assert world.running("clock") == ["v2"]


def test_a_lost_worker_is_noticed_and_brought_back(world: World) -> None:
    del world.replicas["worker-v1-1"]
    assert world.runtime().status().notes == ("1 of 2 replicas of worker are there; deploy again",)
    world.recover()
    assert everything(world) == all_of("v1")


def test_the_status_wants_as_many_as_requests_are_routed_to(world: World) -> None:
    status = world.runtime().status()
    assert status.desired == 2
    assert len(status.replicas) == 5


def test_a_removal_stops_all_processes(world: World) -> None:
    list(world.runtime().remove())
    assert not world.replicas


def test_a_rollback_goes_past_deployments_that_only_changed_numbers(world: World) -> None:
    world.deploy(worked("v2"))
    world.deploy(worked("v2", replace(WORKER, replicas=5), CLOCK))
    found = rollback_target(world.history())
    assert found is not None
    assert found.workload.release.version == "v1"


@pytest.mark.parametrize(
    "change",
    [
        {"command": "serve otherwise"},
        {"env": {"A": "1"}},
        {"secrets": ("TOKEN",)},
        {"health": HealthCheck(kind=HealthKind.TCP)},
        {"resources": Resources(memory=1)},
        {"volumes": ("data:/data",)},
        {"networks": ("backend",)},
        {"listen": 9000},
        {"processes": (CLOCK,)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_makes_a_replica_is_compared(change: dict[str, object]) -> None:
    one = workload("v1")
    assert not alike(one, replace(one, **change))  # type: ignore[arg-type]


def test_numbers_ports_and_grace_periods_are_not() -> None:
    one = worked("v1")
    more = (replace(WORKER, replicas=9), CLOCK)
    assert alike(one, replace(one, replicas=9, port=1, drain=1.0, stop_grace=1.0, processes=more))
