"""The day's work on an application of several processes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from loop_bed import SHOP, Desk, Site
from rollout_platform import workload

from fullcycle.errors import StepError, UsageError
from fullcycle.loop.deploy import roll_out
from fullcycle.loop.operate import steps as operate
from fullcycle.loop.operations import inside, remove, scale
from fullcycle.loop.scale import recommend
from fullcycle.model import Process, Reading, ScalingPolicy
from fullcycle.report.status import history, render

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.pipeline.step import Step


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Three that serve, and a worker."""
    made = Site(tmp_path)
    wanted = replace(workload("1"), processes=(Process(name="worker", command="work"),))
    roll_out(made.project(), wanted, made.desk)
    return made


def do(site: Site, steps: list[Step]) -> Desk:
    steps[0].action(site.desk)  # type: ignore[operator]
    return site.desk


def processes(site: Site) -> list[str]:
    return sorted(each.process for each in site.world.replicas.values())


def test_each_process_is_counted(site: Site) -> None:
    assert do(site, operate(site.project())).summary == "3 of 3 replicas, worker 1 of 1"


def test_a_worker_that_is_gone_is_missed(site: Site) -> None:
    [worker] = [name for name, each in site.world.replicas.items() if each.process == "worker"]
    del site.world.replicas[worker]
    with pytest.raises(StepError, match="3 of 3 replicas, worker 0 of 1 run in test"):
        do(site, operate(site.project()))


def test_a_process_is_scaled_by_its_name(site: Site) -> None:
    assert do(site, scale(site.project(), 2, "worker")).summary == "worker 1 → 2 replicas"
    assert processes(site) == ["web"] * 3 + ["worker"] * 2
    assert "scale worker 1 → 2" in site.world.outcome()[1]
    do(site, scale(site.project(), 0, "worker"))
    assert processes(site) == ["web"] * 3


def test_without_a_name_the_one_that_serves_is_scaled(site: Site) -> None:
    do(site, scale(site.project(), 1))
    assert processes(site) == ["web", "worker"]


def test_what_cannot_be_scaled_is_a_usage_error(site: Site) -> None:
    with pytest.raises(UsageError, match="no process 'wroker' runs"):
        do(site, scale(site.project(), 2, "wroker"))
    with pytest.raises(UsageError, match="at least one replica has to serve"):
        scale(site.project(), 0)


def test_the_load_of_a_worker_scales_no_servers(tmp_path: Path) -> None:
    class Meter:
        def readings(self) -> list[Reading]:
            now = datetime.now(UTC)
            load = {"1-1": 0.6, "1-2": 0.6, "1-3": 0.6, "worker-1-1": 9.0}
            return [
                Reading(metric="cpu_ratio", value=value, unit="ratio", subject=name, at=now)
                for name, value in load.items()
            ]

    made = Site(
        tmp_path, f"{SHOP}autoscale = {{ target = {{ cpu = 60 }} }}", more={"telemetry": Meter()}
    )
    wanted = replace(workload("1"), processes=(Process(name="worker", command="work"),))
    roll_out(made.project(), wanted, made.desk)
    project = made.project()
    assert recommend(project, project.platform.runtime.status()).replicas == 3


def test_a_command_runs_where_a_process_runs(site: Site) -> None:
    inside(site.project(), "ls", site.desk, replica="", process="worker")
    assert site.desk.lines[-1] == "ls in worker-1-1"
    inside(site.project(), "ls", site.desk, replica="", process="")
    assert site.desk.lines[-1] == "ls in 1-1"
    with pytest.raises(
        UsageError, match=r"no clock replica runs \(replicas: .*worker-1-1 \(worker"
    ):
        inside(site.project(), "ls", site.desk, replica="", process="clock")
    with pytest.raises(UsageError, match="no worker replica '1-1' runs"):
        inside(site.project(), "ls", site.desk, replica="1-1", process="worker")


def test_the_status_tells_the_process_of_a_replica_and_when_by_whom(site: Site) -> None:
    found = site.project().platform.runtime.status()
    assert found.deployment
    shown = render(found)
    assert [line.split()[1] for line in shown.splitlines()[2:6]] == ["web"] * 3 + ["worker"]
    assert f"× 3 + worker × 1  rolling by {found.deployment.by}" in shown
    assert f"{found.deployment.finished:%Y-%m-%d %H:%M:%S} UTC, took" in shown
    assert history([found.deployment]) in shown


class Native:
    """A platform that scales by itself."""

    def __init__(self) -> None:
        self.policies: list[ScalingPolicy] = []

    def install(self, policy: ScalingPolicy) -> list[str]:
        if self.policies == [policy]:
            return []
        self.policies = [policy]
        return ["put in force"]

    def uninstall(self) -> list[str]:
        gone, self.policies = self.policies, []
        return ["taken away"] * len(gone)

    def installed(self) -> list[str]:
        return ["in force"] * len(self.policies)


SCALED = SHOP + "autoscale = { min = 2, max = 8, target = { cpu = 60 } }\n"


@pytest.fixture
def native(site: Site) -> Native:
    """The platform has a scaler and telemetry that nobody may ask."""
    site.more |= {"scaler": (made := Native())}
    return made


def test_a_platform_that_scales_by_itself_gets_the_policy(site: Site, native: Native) -> None:
    site.text = SCALED
    desk = do(site, operate(site.project()))
    assert desk.summary == "2 to 8 replicas: the policy is in force now"
    assert (native.policies[0].min, native.policies[0].target) == (2, {"cpu": 60.0})
    assert processes(site) == ["web"] * 3 + ["worker"]
    assert do(site, operate(site.project())).summary.endswith("was in force already")


def test_a_policy_that_is_not_in_the_settings_any_more_is_taken_away(
    site: Site, native: Native
) -> None:
    native.install(ScalingPolicy())
    assert "taken away" in do(site, operate(site.project())).lines
    assert native.policies == []


def test_what_is_removed_is_not_scaled_any_more(site: Site, native: Native) -> None:
    native.install(ScalingPolicy())
    assert "taken away" in do(site, remove(site.project())).lines
