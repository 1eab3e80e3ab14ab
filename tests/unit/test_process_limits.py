"""What the process provider cannot do is said before anything is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rollout_platform import workload

from fullcycle.errors import UsageError
from fullcycle.model import HealthCheck, HealthKind, Process, Resources
from fullcycle_process.limits import require_possible

CONTAINER = HealthCheck(kind=HealthKind.CONTAINER)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"volumes": ("data:/data",)}, "volumes (data:/data)"),
        ({"networks": ("backend",)}, "networks (backend)"),
        ({"resources": Resources(cpus=1.0)}, "limits of resources (web)"),
        ({"health": CONTAINER}, "the health check of a container (web)"),
        ({"command": ""}, "a process without a command (web)"),
        (
            {"processes": (Process(name="worker", command="work", health=CONTAINER),)},
            "the health check of a container (worker)",
        ),
        (
            {"processes": (Process(name="worker", command="w", resources=Resources(memory=1)),)},
            "limits of resources (worker)",
        ),
    ],
)
def test_what_needs_a_container_is_refused(asked: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        require_possible(replace(workload("v1"), **asked))  # type: ignore[arg-type]
    assert f"cannot give shop {said}" in refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize("kind", [HealthKind.HTTP, HealthKind.TCP, HealthKind.COMMAND])
def test_what_a_process_can_do_is_accepted(kind: HealthKind) -> None:
    worker = Process(name="worker", command="work", health=HealthCheck(kind=HealthKind.NONE))
    health = HealthCheck(kind=kind, command="true")
    require_possible(replace(workload("v1"), health=health, processes=(worker,)))
