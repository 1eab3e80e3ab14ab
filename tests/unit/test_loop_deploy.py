"""What belongs to a deployment beside the rollout: commands before it, and a person's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from loop_bed import SHOP, Site
from rollout_platform import workload

from fullcycle.errors import LockedError, RolledBackError, StepError
from fullcycle.loop.deploy import roll_out
from fullcycle.loop.operations import scale
from fullcycle.model import DeploymentStatus
from fullcycle.pipeline.interrupt import CancelledError

if TYPE_CHECKING:
    from pathlib import Path

CANARY = f"""{SHOP}
strategy = {{ kind = "canary", steps = [50], pause = 0, on_no_data = "pass", approve = true }}
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def canary(tmp_path: Path) -> Site:
    """A site that runs version 1, and asks before it runs another."""
    made = Site(tmp_path, CANARY)
    roll_out(made.project(), workload("1"), made.desk)
    return made


def test_commands_run_inside_the_new_release_before_its_first_replica_starts(site: Site) -> None:
    roll_out(site.project(), workload("2"), site.desk, before=["migrate", "seed"])

    kept = [call for call in site.world.calls if call.split()[0] in {"run", "start"}]
    assert kept[:3] == ["run migrate in 2", "run seed in 2", "start 2"]


def test_a_command_that_fails_ends_the_deployment_before_anything_is_replaced(site: Site) -> None:
    roll_out(site.project(), workload("1"), site.desk)

    with pytest.raises(StepError, match=r"^`exit 3` ended with exit code 3 \(nothing was replaced"):
        roll_out(site.project(), workload("2"), site.desk, before=["exit 3", "seed"])

    assert site.world.serving() == ["1", "1", "1"]
    assert "start 2" not in site.world.calls
    assert not [call for call in site.world.calls if call.startswith("run seed")]
    assert site.latch.owner == ""


def test_such_a_deployment_is_on_the_platforms_record_and_in_the_ledger(site: Site) -> None:
    project = site.project()
    with pytest.raises(StepError):
        roll_out(project, workload("2"), site.desk, before=["exit 3"])

    said = (DeploymentStatus.FAILED, "`exit 3` ended with exit code 3")
    [kept] = project.ledger.deployments()
    assert site.world.outcome() == said
    assert (kept.status, kept.reason) == said
    assert kept.finished is not None


def test_one_that_is_interrupted_in_such_a_command_is_recorded_so(site: Site) -> None:
    site.replicas.raises = CancelledError("interrupted by SIGINT")

    with pytest.raises(CancelledError):
        roll_out(site.project(), workload("2"), site.desk, before=["migrate"])

    assert site.world.outcome() == (DeploymentStatus.INTERRUPTED, "interrupted by SIGINT")


def test_scaling_runs_no_commands_before_it(site: Site) -> None:
    site.text = f'{SHOP}\n[deploy]\nbefore = ["migrate"]\n'
    roll_out(site.project(), workload("1"), site.desk)

    [step] = scale(site.project(), 2)
    assert callable(step.action)
    step.action(site.desk)

    assert site.world.running() == ["1", "1"]
    assert not [call for call in site.world.calls if call.startswith("run")]


def test_a_person_who_said_yes_beforehand_is_not_asked(canary: Site) -> None:
    done = roll_out(canary.project(approve=True), workload("2"), canary.desk)

    assert done.status is DeploymentStatus.SUCCEEDED
    assert canary.world.serving() == ["2", "2", "2"]


def test_the_new_version_waits_for_the_word_and_goes_on_with_it(canary: Site) -> None:
    seen: list[list[str]] = []
    word = canary.root / ".fullcycle/approve/deploy-test"

    def heard() -> None:
        if "waiting up to" in canary.desk.lines[-1] and not word.exists():
            seen.append(canary.world.serving())
            word.touch()

    canary.desk.heard = heard
    roll_out(canary.project(), workload("2"), canary.desk)

    assert {"1", "2"} == set(seen[0])
    assert canary.world.serving() == ["2", "2", "2"]
    assert str(word) in "\n".join(canary.desk.lines)


def test_a_person_who_says_no_has_it_rolled_back(canary: Site) -> None:
    project = canary.project()
    word = canary.root / ".fullcycle/approve/deploy-test"

    def heard() -> None:
        if "waiting up to" in canary.desk.lines[-1]:
            word.write_text("no\n")

    canary.desk.heard = heard
    with pytest.raises(RolledBackError, match=r"shop 2 was rolled back from test: \S+ said no"):
        roll_out(project, workload("2"), canary.desk)

    assert canary.world.serving() == ["1", "1", "1"]
    status, reason = canary.world.outcome()
    assert status is DeploymentStatus.ROLLED_BACK
    assert " said no to: " in reason
    assert project.ledger.deployments()[0].status is DeploymentStatus.ROLLED_BACK
    assert not word.exists()


def test_a_lock_that_is_lost_ends_the_wait(canary: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_: object) -> None:
        if "waiting up to" in canary.desk.lines[-1]:
            raise LockedError("the lock was lost")

    monkeypatch.setattr("fullcycle.environment.Hold.check", lost)
    with pytest.raises(LockedError):
        roll_out(canary.project(), workload("2"), canary.desk)

    assert canary.world.serving() == ["1", "1", "1"]
