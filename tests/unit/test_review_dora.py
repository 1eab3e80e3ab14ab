from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from git_project import Project
from looking_back import at, deployment

from fullcycle.model import DeploymentStatus
from fullcycle.review.changes import changes
from fullcycle.review.dora import DAY, HOUR, dora

if TYPE_CHECKING:
    from pathlib import Path

FAILED, ROLLED_BACK = DeploymentStatus.FAILED, DeploymentStatus.ROLLED_BACK


@pytest.fixture
def project(tmp_path: Path) -> Project:
    begin = int((at(0) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    project = Project.begin(tmp_path / "shop")
    project.clock = begin
    return project


def test_without_deployments_every_metric_says_what_is_missing() -> None:
    found = dora([], None, at(0))
    assert len(found.metrics) == 5
    for metric in found.metrics:
        assert (metric.value, metric.count, metric.tier) == (None, 0, "")
        assert metric.note


def test_lead_time_is_the_median_over_the_commits_each_deployment_brought(
    project: Project,
) -> None:
    project.commit("feat: long before")
    first = project.commit("feat: one")
    project.commit("feat: two")
    project.git("switch", "--quiet", "-c", "side")
    project.commit("feat: three")
    project.git("switch", "--quiet", "main")
    project.git("merge", "--quiet", "--no-ff", "-m", "merge", "side")
    last = project.git("rev-parse", "HEAD")
    # Committed 2, 3 and 4 minutes after the beginning; the merge itself doesn't count.
    found = dora(
        [
            deployment(1, hours=0.9, revision=first),
            deployment(2, hours=1.9, revision=last),
        ],
        project.repository,
        at(24),
    ).lead_time
    assert found.count == 3
    assert found.value == pytest.approx(2 * HOUR - 240, abs=61)
    assert found.tier == "elite"


def test_a_lead_time_of_nothing_or_less_is_dropped(project: Project) -> None:
    late = project.commit("feat: one")
    project.clock += 7200
    later = project.commit("feat: two")
    found = dora(
        [deployment(1, hours=0.5, revision=late), deployment(2, hours=1, revision=later)],
        project.repository,
        at(24),
    )
    assert found.lead_time.count == 1


def test_without_git_or_its_commits_there_is_no_lead_time(project: Project, tmp_path: Path) -> None:
    project.commit("feat: one")
    strangers = [deployment(1, hours=1), deployment(2, hours=2)]
    for repository in (None, project.repository, type(project.repository)(tmp_path / "no")):
        found = dora(strangers, repository, at(24)).lead_time
        assert found.value is None
        assert "commits" in found.note


@pytest.mark.parametrize(
    ("number", "days", "tier"),
    [(1, 0.5, "high"), (3, 0.5, "elite"), (4, 14, "high"), (2, 40, "medium"), (1, 90, "low")],
)
def test_frequency_counts_successful_changes_over_the_time_since_the_first(
    number: int, days: float, tier: str
) -> None:
    deployments = [deployment(n, hours=n / 100, took=0) for n in range(number)]
    deployments.append(deployment(99, hours=1, status=FAILED))
    found = dora(deployments, None, at(24 * days)).frequency
    assert found.count == number
    assert found.value == pytest.approx(number / max(days, 1))
    assert found.tier == tier


def test_scaling_and_restarts_are_no_changes() -> None:
    again = [
        deployment(1, hours=1, digest="sha256:a"),
        deployment(2, hours=2, digest="sha256:a", reason="scale"),
        deployment(3, hours=3, digest="sha256:a"),
    ]
    assert [change.deployment.id for change in changes(again)] == ["d1"]


def test_what_runs_or_was_interrupted_counts_neither_way() -> None:
    open_ = [
        deployment(1, hours=1, status=DeploymentStatus.RUNNING),
        deployment(2, hours=2, status=DeploymentStatus.INTERRUPTED),
    ]
    assert changes(open_) == []


def test_every_failed_deployment_counts_once() -> None:
    failed = deployment(2, hours=2, status=ROLLED_BACK)
    deployments = [deployment(1, hours=1), failed, failed, deployment(3, hours=3, status=FAILED)]
    rate = dora([*deployments, deployment(4, hours=4)], None, at(24)).change_fail_rate
    assert (rate.value, rate.count, rate.tier) == (0.5, 4, "low")


def test_a_version_that_a_person_rolled_back_has_failed() -> None:
    deployments = [
        deployment(1, hours=1, digest="sha256:a"),
        deployment(2, hours=2, digest="sha256:b"),
        deployment(3, hours=5, digest="sha256:a", reason="rollback to 1.0.1"),
    ]
    found = dora(deployments, None, at(24))
    assert (found.change_fail_rate.value, found.change_fail_rate.count) == (0.5, 2)
    assert found.recovery_time.value == pytest.approx(3 * HOUR)
    assert found.recovery_time.tier == "high"
    assert found.rework_rate.value == pytest.approx(1 / 3)


def test_recovery_ends_with_the_automatic_rollback_or_the_next_success() -> None:
    deployments = [
        deployment(1, hours=1),
        deployment(2, hours=2, status=ROLLED_BACK, took=0.5),
        deployment(3, hours=10, status=FAILED),
        deployment(4, hours=11, status=FAILED),
        deployment(5, hours=12, took=0),
        deployment(6, hours=20, status=FAILED),
    ]
    found = [c.repaired for c in changes(deployments) if c.failed]
    assert found == [at(2.5), at(12), at(12), None]
    recovery = dora(deployments, None, at(24)).recovery_time
    assert recovery.count == 3
    assert recovery.value == pytest.approx(1 * HOUR)


def test_environments_are_looked_at_one_by_one() -> None:
    deployments = [
        deployment(1, hours=1, environment="eu", status=FAILED),
        deployment(2, hours=2, environment="us"),
        deployment(3, hours=4, environment="eu", took=0),
    ]
    failed = next(change for change in changes(deployments) if change.failed)
    assert failed.repaired == at(4)


def test_rework_is_what_repairs_or_brings_only_fixes(project: Project) -> None:
    shas = [project.commit(m) for m in ("feat: a", "fix: b", "feat: c", "feat: d")]
    deployments = [
        deployment(1, hours=1, revision=shas[0]),
        deployment(2, hours=2, revision=shas[1]),
        deployment(3, hours=3, revision=shas[2], status=FAILED),
        deployment(4, hours=4, revision=shas[3]),
    ]
    found = dora(deployments, project.repository, at(24)).rework_rate
    assert found.value == pytest.approx(2 / 3)
    assert (found.count, found.tier) == (3, "")


def test_the_order_in_which_deployments_are_given_does_not_matter() -> None:
    deployments = [
        deployment(n, hours=n, status=FAILED if n % 3 == 0 else DeploymentStatus.SUCCEEDED)
        for n in range(1, 9)
    ]
    now = at(24) + timedelta(seconds=DAY)
    assert dora(deployments, None, now) == dora(deployments[::-1], None, now)
