"""What has to exist before anything is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from git_project import Project
from loop_bed import Desk, Site
from rollout_platform import workload

from fullcycle.errors import OutOfReachError, UsageError
from fullcycle.loop.deploy import roll_out
from fullcycle.loop.infrastructure import planned, provision, teardown
from fullcycle.loop.plan import make
from fullcycle.model import Cost, Event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fullcycle.pipeline.step import Step


class Ground:
    """A network and a database, or nothing."""

    def __init__(self) -> None:
        self.missing = ["network shop", "database shop"]
        self.reachable = True
        self.locked_by: list[str] = []
        self.site: Site | None = None

    def plan(self) -> Sequence[str]:
        if not self.reachable:
            raise OutOfReachError("nobody answers")
        return [f"create {each}" for each in self.missing]

    def provision(self) -> Iterator[Event]:
        assert self.site
        self.locked_by.append(self.site.latch.owner)
        while self.missing:
            yield Event(message=f"created {self.missing.pop(0)}")

    def teardown(self) -> Iterator[Event]:
        assert self.site
        assert not self.site.world.replicas
        self.locked_by.append(self.site.latch.owner)
        self.missing = ["network shop", "database shop"]
        yield Event(message="removed everything")

    def monthly_cost(self) -> Cost | None:
        return Cost(total=12.5)


@pytest.fixture
def ground() -> Ground:
    return Ground()


@pytest.fixture
def site(tmp_path: Path, ground: Ground) -> Site:
    ground.site = Site(tmp_path, more={"infrastructure": ground})
    return ground.site


def do(site: Site, steps: list[Step]) -> Desk:
    [step] = steps
    assert callable(step.action)
    step.action(site.desk)
    return site.desk


def test_what_is_missing_is_made_under_the_lock(site: Site, ground: Ground) -> None:
    desk = do(site, provision(site.project()))
    assert desk.lines == ["created network shop", "created database shop"]
    assert desk.summary == "2 changes"
    assert ground.locked_by[0]
    assert site.latch.owner == ""


def test_making_it_again_changes_nothing(site: Site) -> None:
    do(site, provision(site.project()))
    assert do(site, provision(site.project())).summary == "nothing was missing"


def test_what_would_be_made_can_be_asked(site: Site, ground: Ground) -> None:
    assert planned(site.project()) == ["create network shop", "create database shop"]
    assert ground.missing


def test_it_is_removed_together_with_the_application(site: Site, ground: Ground) -> None:
    do(site, provision(site.project()))
    roll_out(site.project(), workload("1"), site.desk)

    do(site, teardown(site.project(), "test"))

    assert site.world.replicas == {}
    assert ground.missing


@pytest.mark.parametrize("confirmed", ["", "shop", "TEST"])
def test_removing_it_needs_the_environments_name(site: Site, confirmed: str) -> None:
    with pytest.raises(UsageError, match=r"--confirm test"):
        teardown(site.project(), confirmed)


def test_a_provider_without_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'offering' offers no infrastructure"):
        provision(Site(tmp_path).project())


def test_the_plan_has_the_changes_and_the_cost(site: Site) -> None:
    Project.begin(site.root).commit("feat: sell things")
    made = make(site.project(), site.desk)
    assert made.changes == ("create network shop", "create database shop")
    assert made.monthly_cost == Cost(total=12.5)


def test_a_platform_out_of_reach_keeps_nobody_from_planning(site: Site, ground: Ground) -> None:
    Project.begin(site.root).commit("feat: sell things")
    ground.reachable = False
    assert make(site.project(), site.desk).changes == ()
    assert "nobody answers" in "\n".join(site.desk.lines)
