"""What a rollback goes back to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rollout_platform import MemoryHistory, World, workload

from fullcycle.errors import RolledBackError
from fullcycle.providers import Strategy
from fullcycle.rollout import rollback_target


def target(world: World) -> str:
    found = rollback_target(MemoryHistory(world))
    return found.id if found else "none"


def test_before_the_second_release_there_is_none() -> None:
    world = World()
    assert target(world) == "none"
    world.deploy(workload("v1"))
    world.deploy(workload("v1", 5))
    assert target(world) == "none"


def test_scaling_and_restarts_are_passed_over() -> None:
    world = World()
    world.deploy(workload("v1"))
    world.deploy(workload("v2"))
    world.deploy(workload("v2", 5))
    world.deploy(workload("v2", 5), Strategy(replace=True))
    assert target(world) == "d1"


def test_deployments_that_failed_are_passed_over() -> None:
    world = World()
    world.sick.add("v2")
    world.deploy(workload("v1"))
    with pytest.raises(RolledBackError):
        world.deploy(workload("v2"))
    world.deploy(workload("v3"))
    assert target(world) == "d1"


def test_other_settings_of_the_same_release_count() -> None:
    world = World()
    world.deploy(workload("v1"))
    world.deploy(replace(workload("v1"), env={"COLOUR": "green"}))
    assert target(world) == "d1"


def test_a_removed_environment_has_none() -> None:
    world = World()
    world.deploy(workload("v1"))
    world.deploy(workload("v2"))
    list(world.runtime().remove())
    assert target(world) == "none"
