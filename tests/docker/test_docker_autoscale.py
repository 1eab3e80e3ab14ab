"""The autoscaling controller on a real Engine."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from docker_bed.kit import DockerKit, kit_images  # noqa: F401 (a fixture)
from fullcycle.errors import LockedError
from fullcycle.loop.autoscale import Controller
from fullcycle.loop.shift import Shift
from fullcycle.pipeline.interrupt import Interrupts
from fullcycle.project import Project
from fullcycle.settings import load
from fullcycle.testing.client import visitors
from fullcycle_docker import DockerProvider

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.testing.contract import Kit

SETTINGS = """
[app]
name = "shop"
run = "python app.py {port}"

[environments.local]
autoscale = { max = 2, interval = 1, target = { requests = 5 }, down = { stabilisation = 0 } }
"""
LIMIT = 60.0
"""Seconds."""


def project(kit: Kit, root: Path) -> Project:
    (root / "fullcycle.toml").write_text(SETTINGS)
    loaded = load(root, environ={})
    made = Project(loaded, *loaded.environment("local"))
    vars(made)["platform"] = kit.connect()
    return made


class TestAutoscaling(DockerKit):
    def test_containers_follow_the_load_and_no_request_fails(
        self, kit: Kit, tmp_path: Path
    ) -> None:
        kit.deploy(kit.workload(replicas=1))
        url = kit.platform.runtime.status().url
        with Interrupts(wake=lambda: None) as interrupts:
            shift = Shift("scale.auto", project(kit, tmp_path), interrupts)
            controller = Controller(lambda: project(kit, tmp_path), shift)
            with visitors(url) as trouble:
                self.rounds(controller, 2)
            self.rounds(controller, 1)
        interrupts.close()
        assert not trouble
        assert len(kit.platform.runtime.status().replicas) == 1

    @staticmethod
    def rounds(controller: Controller, replicas: int) -> None:
        limit = time.monotonic() + LIMIT
        while (decision := controller.round()).after != replicas:
            assert time.monotonic() < limit, decision

    def test_a_second_controller_is_kept_out_beside_deployments(self, kit: Kit) -> None:
        beside = replace(kit.target, environment=f"{kit.target.environment}.scaler")
        lease = DockerProvider(beside).capabilities().lock
        assert lease is not None
        lease.acquire("ada for autoscaling", 60)
        with pytest.raises(LockedError, match="ada for autoscaling"):
            lease.acquire("bob for autoscaling", 60)
        with kit.platform.locked("bob for deploying"):
            lease.heartbeat("ada for autoscaling", 60)
        lease.release("ada for autoscaling")
        assert lease.holder() is None
