"""Which side runs the replicas is found out on first use, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fullcycle.errors import OutOfReachError, UsageError
from fullcycle.providers import Runtime, Target
from fullcycle.rollout import RolloutRuntime
from fullcycle.testing.check import check
from fullcycle.testing.contract import free_port
from fullcycle_docker import DockerProvider
from fullcycle_docker.engine import Engine
from fullcycle_docker.options import Options
from fullcycle_docker.orchestrator import Choice, Chosen
from fullcycle_docker.swarm.runtime import SwarmRuntime

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def target(tmp_path: Path) -> Target:
    options = Options(host=f"tcp://127.0.0.1:{free_port()}")
    return Target(app="shop", environment="test", root=tmp_path, options=options)


@pytest.fixture
def engine(target: Target, request: pytest.FixtureRequest) -> Engine:
    """An Engine that has said whether it manages a Swarm."""
    made = Engine.of(target.options)
    made.__dict__["info"] = {"Swarm": {"ControlAvailable": request.param}}
    return made


def test_looking_at_what_a_capability_has_reaches_no_engine(target: Target) -> None:
    runtime = DockerProvider(target).capabilities().runtime
    assert isinstance(runtime, Runtime)
    assert callable(runtime.status)
    assert not hasattr(runtime, "at_once")
    assert check("docker")


def test_asking_for_capabilities_reaches_no_engine(target: Target) -> None:
    offered = DockerProvider(target).capabilities()
    assert offered.runtime is not None
    with pytest.raises(OutOfReachError, match=r"127\.0\.0\.1"):
        offered.runtime.status()


@pytest.mark.parametrize(
    ("engine", "kind"), [(True, SwarmRuntime), (False, RolloutRuntime)], indirect=["engine"]
)
def test_the_engine_decides(target: Target, engine: Engine, kind: type[Any]) -> None:
    assert isinstance(Choice(target, engine, target.options).offer["runtime"], kind)


@pytest.mark.parametrize("engine", [True], indirect=True)
def test_a_swarms_ingress_shows_no_page(target: Target, engine: Engine) -> None:
    options = Options(host=target.options.host, publish="ingress")
    maintenance = Chosen(Choice(target, engine, options), "maintenance")
    with pytest.raises(UsageError, match="ingress shows no maintenance page"):
        maintenance.begin("<p>soon</p>")
