from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from git_project import Project

from fullcycle.model import (
    Cost,
    Deployment,
    DeploymentStatus,
    Finding,
    Release,
    Replica,
    ReplicaState,
    Status,
    Workload,
)
from fullcycle.pipeline.ledger import Ledger
from fullcycle.settings.schema import App, Settings
from fullcycle.versioning.plan import WIDTH, make_plan, render
from fullcycle.versioning.version import make_versioning

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.model import Plan

SETTINGS = Settings(app=App(name="shop"))
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.begin(tmp_path / "shop")


def running(revision: str, version: str) -> Status:
    release = Release(
        app="shop",
        version=version,
        digest="sha256:" + "c" * 64,
        kind="python",
        registry="",
        revision=revision,
        created=NOW,
        released_by="ada@home",
    )
    deployment = Deployment(
        id="d1",
        app="shop",
        environment="local",
        workload=Workload(release=release, command="run"),
        strategy="rolling",
        status=DeploymentStatus.SUCCEEDED,
        started=NOW,
        by="ada@home",
    )
    replica = Replica(
        id="r1",
        deployment="d1",
        version=version,
        digest=release.digest,
        state=ReplicaState.HEALTHY,
    )
    return Status(
        app="shop",
        environment="local",
        url="http://127.0.0.1:8000",
        desired=1,
        replicas=(replica,),
        deployment=deployment,
    )


def plan(project: Project, tmp_path: Path, status: Status | None = None, **more: object) -> Plan:
    ledger = Ledger(tmp_path / "ledger")
    versioning = make_versioning(project.repository, SETTINGS.release, {})
    made = make_plan(
        project.repository,
        SETTINGS,
        "local",
        ledger=ledger,
        status=status,
        versioning=versioning,
    )
    ledger.close()
    return replace(made, **more)  # type: ignore[arg-type]  # fields of a plan, by name


def test_a_first_plan_is_made_from_git_alone(project: Project, tmp_path: Path) -> None:
    sha = project.commit("feat: one")
    made = plan(project, tmp_path)
    assert (made.revision, made.branch, made.dirty) == (sha, "main", False)
    assert (made.current_version, made.next_version, made.bump) == (None, "0.1.0", "initial")
    assert (made.running_version, made.undeployed, made.expected_seconds) == (None, 1, None)
    text = render(made)
    assert "0.1.0 (the first)" in text
    assert "nothing in local" in text
    assert "1 commit\n" in text


def test_what_runs_tells_what_is_not_deployed(project: Project, tmp_path: Path) -> None:
    first = project.commit("feat: one")
    project.git("tag", "v1.0.0")
    project.commit("fix: two")
    project.commit("feat(cart): three")
    made = plan(project, tmp_path, running(first, "1.0.0"))
    assert (made.running_version, made.undeployed) == ("1.0.0", 2)
    text = render(made)
    assert "1.0.0 → 1.1.0 (minor: 1 feature, 1 fix)" in text
    assert "1.0.0 in local" in text
    assert "cart: three" in text


def test_when_what_runs_is_not_in_this_clone_nothing_of_it_counts_as_deployed(
    project: Project, tmp_path: Path
) -> None:
    project.commit("feat: one")
    project.commit("feat: two")
    assert plan(project, tmp_path, running("9" * 40, "8.0.0")).undeployed == 2


def test_at_a_release_nothing_has_changed(project: Project, tmp_path: Path) -> None:
    project.commit("feat: one")
    project.git("tag", "v1.0.0")
    made = plan(project, tmp_path)
    assert made.commits == ()
    text = render(made)
    assert "1.0.0 → 1.0.0 (released already)" in text
    assert "No changes since the last release" in text


def test_the_text_opens_what_the_last_review_asked_for_and_fits(
    project: Project, tmp_path: Path
) -> None:
    for number in range(14):
        project.commit(f"fix: {number} {'a long subject ' * 12}\n\nmore")
    cost = Cost(
        total=1234.5,
        items={"load balancer": 1000.25, "tasks": 234.25},
        assumptions=("it runs for 730 hours",),
    )
    finding = Finding(id="flaky:x", severity="warning", title="x is flaky", detail="on a " * 40)
    text = render(
        plan(
            project,
            tmp_path,
            findings=(finding,),
            changes=("would create " + "a network " * 20,),
            monthly_cost=cost,
            expected_seconds=95.0,
        )
    )
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "x is flaky" in text
    assert "and 4 more" in text
    assert "$1,234.50 a month" in text
    assert "$1,000.25 load balancer" in text
    assert "if it runs for 730 hours" in text
    assert "about 1 min 35 s" in text


def test_uncommitted_changes_are_named(project: Project, tmp_path: Path) -> None:
    project.commit("feat: one")
    (project.root / "new.txt").touch()
    assert "with uncommitted changes" in render(plan(project, tmp_path))
