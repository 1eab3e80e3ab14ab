"""The autoscaling controller, on a platform in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from loop_bed import SHOP, Commanded, Site
from rollout_platform import workload

from fullcycle.errors import LockedError, OutOfReachError, StepError, UsageError
from fullcycle.loop.autoscale import Controller, line
from fullcycle.loop.controllers import check
from fullcycle.loop.deploy import roll_out
from fullcycle.loop.shift import Shift
from fullcycle.loop.workload import workload as made_of
from fullcycle.model import Process, Reading, Replica, ReplicaState
from fullcycle.pipeline.interrupt import CancelledError, Interrupts
from fullcycle.providers import Holder
from fullcycle.review.changes import changes
from fullcycle.scaling.book import Book

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

POLICY = "autoscale = { max = 8, target = { cpu = 50 }, down = { stabilisation = 0 } }"


@dataclass
class Meter:
    """Says what each replica uses."""

    site: Site | None = None
    load: float = 50.0
    broken: bool = False
    looks: int = 0

    def readings(self) -> list[Reading]:
        self.looks += 1
        if self.broken:
            raise OutOfReachError("the Engine doesn't answer")
        assert self.site
        return [
            Reading(
                metric="cpu_ratio",
                value=self.load / 100 if each.process == "web" else 9.0,
                unit="ratio",
                subject=name,
                at=datetime.now(UTC),
            )
            for name, each in self.site.world.replicas.items()
        ]


class Told(Commanded):
    """Replicas whose platform says by itself when they are healthy."""

    def list(self) -> Sequence[Replica]:
        return [
            replace(each, state=ReplicaState.HEALTHY) if self.world.healthy(each) else each
            for each in super().list()
        ]


@dataclass
class Bed:
    site: Site
    meter: Meter
    interrupts: Interrupts
    ours: list[Exception] = field(default_factory=list)

    def controller(self) -> Controller:
        project = self.site.project()
        shift = Shift("scale.auto", project, self.interrupts)
        return Controller(self.site.project, shift, self._still_ours)

    def _still_ours(self) -> None:
        if self.ours:
            raise self.ours[0]

    @property
    def book(self) -> Book:
        return Book(self.site.root, "test")


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[Bed]:
    """Two that serve and a worker, and a policy without any patience."""
    meter = Meter()
    site = Site(tmp_path, f"{SHOP}{POLICY}", more={"telemetry": meter})
    meter.site = site
    site.replicas = Told(site.world)
    wanted = replace(workload("1", 2), processes=(Process(name="worker", command="work"),))
    roll_out(site.project(), wanted, site.desk)
    with Interrupts(wake=lambda: None) as interrupts:
        yield Bed(site, meter, interrupts)
    interrupts.close()


def test_it_scales_out_and_in_and_says_why(bed: Bed, capsys: pytest.CaptureFixture[str]) -> None:
    controller = bed.controller()
    assert controller.round().reason == "cpu is 50% per replica, its target 50%"
    bed.meter.load = 100
    out = controller.round()
    assert (out.before, out.asked, out.after, out.values) == (2, 4, 4, {"cpu": 100})
    bed.meter.load = 10
    assert controller.round().after == 1
    assert bed.site.world.running() == ["1"]
    assert bed.site.world.running("worker") == ["1"]
    assert [each.after for each in bed.book.last(9)] == [1, 4, 2]
    told = capsys.readouterr().out
    assert "2 → 4  cpu is 100% per replica, its target 50%" in told
    assert bed.site.world.outcome()[1].startswith("scale 4 → 1: cpu is 10%")


def test_scaling_is_no_deployment_in_the_sense_of_dora(bed: Bed) -> None:
    controller = bed.controller()
    for bed.meter.load in (100, 10, 100):
        controller.round()
    recorded = bed.site.project().ledger.deployments()
    assert len(recorded) == 4
    assert len(changes(recorded)) == 1
    assert changes(each for each in recorded if each.reason.startswith("scale")) == []


def test_it_holds_while_metrics_are_missing_and_goes_on_afterwards(bed: Bed) -> None:
    controller = bed.controller()
    bed.meter.load, bed.meter.broken = 100, True
    held = controller.round()
    assert (held.change, held.asked, held.reason) == (0, None, "no readings of cpu")
    assert "the Engine doesn't answer" in held.problem
    bed.meter.broken = False
    assert controller.round().after == 4


def test_it_holds_while_the_platform_is_away(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    controller = bed.controller()
    controller.round()

    def gone(*_: object) -> None:
        raise ConnectionError("connection refused")

    with monkeypatch.context() as patched:
        patched.setattr(bed.site.replicas, "list", gone)
        for _ in range(3):
            held = controller.round()
    assert (held.before, held.after) == (2, 2)
    assert held.problem == "ConnectionError: connection refused"
    assert capsys.readouterr().out.count("connection refused") == 1


def test_it_holds_still_while_somebody_deploys(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    controller = bed.controller()
    bed.meter.load = 100
    now = datetime.now(UTC)
    busy = Holder(owner="ada@work for deploying 2", since=now, expires=now)
    with monkeypatch.context() as patched:
        patched.setattr(bed.site.latch, "holder", lambda: busy)
        assert controller.round().reason == "held: ada@work for deploying 2 is at work"
    bed.site.latch.owner = "bob"  # taken between the look and the change
    assert controller.round().reason == "held: locked by bob"
    bed.site.latch.owner = ""
    assert controller.round().after == 4


def test_a_deployment_between_look_and_change_is_not_undone(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = bed.controller()
    bed.meter.load = 100
    acquire = bed.site.latch.acquire

    def deployed_first(owner: str, ttl: float) -> None:
        bed.site.world.deploy(workload("2", 2))
        acquire(owner, ttl)

    with monkeypatch.context() as patched:
        patched.setattr(bed.site.latch, "acquire", deployed_first)
        decision = controller.round()
    assert decision.change == 0
    assert decision.reason == "held: somebody else has changed test meanwhile"
    assert bed.site.world.running() == ["2", "2"]


def test_a_change_that_fails_is_undone_and_not_tried_again_at_once(bed: Bed) -> None:
    controller = bed.controller()
    bed.meter.load = 100
    bed.site.world.sick_from["1"] = 3
    failed = controller.round()
    assert (failed.after, bed.site.world.running()) == (2, ["1", "1"])
    assert failed.problem
    again = controller.round()
    assert again.reason.endswith("; waits after a change that failed 1 times")
    assert len(bed.site.world.deployments) == 2


def test_its_successor_remembers_what_was_asked_for(bed: Bed) -> None:
    bed.site.text = bed.site.text.replace("stabilisation = 0", "stabilisation = 300")
    bed.meter.load = 100
    bed.controller().round()
    bed.meter.load = 10
    held = bed.controller().round()
    assert (held.before, held.asked, held.after) == (4, 1, 4)
    assert held.reason.endswith("1 asked for, 4 within the last 300 s")


def test_it_ends_when_another_has_taken_over_and_holds_while_that_is_unknown(bed: Bed) -> None:
    controller = bed.controller()
    bed.meter.load = 100
    bed.ours.append(StepError("the lease cannot be renewed: no answer"))
    assert controller.round().reason == "held: the lease cannot be renewed: no answer"
    bed.ours[0] = LockedError("bob@work has it now")
    with pytest.raises(LockedError, match="bob"):
        controller.round()


def test_the_first_signal_ends_it_after_the_round_the_second_at_once(bed: Bed) -> None:
    bed.meter.load = 100
    bed.interrupts.stop.set("interrupted by SIGTERM")
    bed.controller().work()
    assert bed.meter.looks == 1
    assert bed.site.world.running() == ["1"] * 4
    bed.interrupts.kill.set("interrupted by SIGTERM")
    with pytest.raises(CancelledError):
        bed.controller().work()
    bed.meter.load = 50
    assert bed.site.world.running() == ["1"] * 4


def test_where_the_platform_scales_by_itself_nothing_has_to_watch(tmp_path: Path) -> None:
    site = Site(tmp_path, f"{SHOP}{POLICY}", more={"telemetry": Meter(), "scaler": object()})
    with pytest.raises(UsageError, match="scales by itself") as error:
        check(site.project())
    assert "invoke operate --env test" in error.value.hint


def test_a_deployment_keeps_the_number_that_the_policy_has_found(bed: Bed) -> None:
    bed.meter.load = 100
    bed.controller().round()
    project = bed.site.project()
    assert made_of(project, workload("2").release).replicas == 4
    bed.site.text = bed.site.text.replace("max = 8", "max = 3")
    assert made_of(bed.site.project(), workload("2").release).replicas == 3
    assert made_of(bed.site.project(replicas=7), workload("2").release).replicas == 7


def test_a_decision_is_said_in_one_line(bed: Bed) -> None:
    bed.meter.broken = True
    said = line(bed.controller().round())
    assert said.endswith("2  no readings of cpu; no readings: the Engine doesn't answer")
