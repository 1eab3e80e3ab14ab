"""What pages show of runs, environments and deployments."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dashboard_project import (
    NOW,
    REASON,
    RUNNING,
    cancelled_run,
    deployment,
    failed_run,
    running_run,
    step,
    succeeded_run,
)
from fullcycle.dashboard import fleet, pages
from fullcycle.model import DeploymentStatus, Finding, Result, StepRecord


def no_log(_step: StepRecord) -> str:
    return ""


def test_a_failed_run_names_the_step_to_blame_and_why() -> None:
    shown = pages.run_page(failed_run(), lambda s: f"log of {s.name}", NOW)
    (cause,) = shown.causes
    assert (cause.step.name, cause.step.text, cause.tail) == (
        "test.unit",
        REASON,
        "log of test.unit",
    )
    assert shown.run.failed == ("test.unit",)


def test_of_several_failures_the_first_one_comes_first() -> None:
    made = failed_run()
    late = step(made.started, "code.secrets", 3, 18, Result.TIMEOUT)
    early = step(made.started, "zoo", 3, 4, Result.ERROR)
    made = replace(made, steps=(*made.steps, late, early))
    assert [cause.step.name for cause in pages.run_page(made, no_log, NOW).causes] == [
        "zoo",
        "code.secrets",
        "test.unit",
    ]


def test_a_cancelled_run_blames_no_step_but_says_that_it_was_cancelled() -> None:
    shown = pages.run_page(cancelled_run(), no_log, NOW)
    assert shown.causes == ()
    assert "cancelled" in shown.remark


def test_a_successful_run_has_nothing_to_explain() -> None:
    shown = pages.run_page(succeeded_run(), no_log, NOW)
    assert (shown.causes, shown.remark) == ((), "")
    assert shown.run.progress == "8 steps"


def test_a_running_run_grows_until_now() -> None:
    view = pages.run_view(running_run(), NOW)
    assert (view.live, view.seconds, view.progress) == (True, "9.0 s", "1 of 3 steps done")
    assert [s.seconds for s in view.steps] == ["1.0 s", "8.0 s", ""]


def test_a_run_whose_process_is_gone_is_interrupted_and_grows_no_more() -> None:
    shown = pages.run_page(running_run(), no_log, NOW + timedelta(days=1), {RUNNING})
    assert (shown.run.live, shown.run.state.word, shown.run.seconds) == (
        False,
        "interrupted",
        "1.0 s",
    )
    assert "killed" in shown.remark
    assert shown.run.speedup == ""


def test_addresses_of_odd_names_are_escaped() -> None:
    assert pages.log_url("a/b", "../x?") == "/runs/a%2Fb/logs/..%2Fx%3F"


def test_an_environment_runs_what_was_last_deployed_with_success() -> None:
    (local,) = fleet.environments(
        [deployment("2", "local", "2.0"), deployment("1", "local", "1.0")], NOW
    )
    assert local.serving
    assert local.serving.version == "2.0"
    assert local.steady


def test_after_a_rollback_the_version_before_runs_and_the_reason_is_told() -> None:
    broken = deployment("2", "local", "2.0", DeploymentStatus.ROLLED_BACK, "502")
    (local,) = fleet.environments([broken, deployment("1", "local", "1.0")], NOW)
    assert local.serving
    assert (local.serving.version, local.latest.version, local.latest.reason) == (
        "1.0",
        "2.0",
        "502",
    )
    assert not local.steady


def test_in_an_environment_whose_only_deployment_failed_nothing_runs() -> None:
    (local,) = fleet.environments([deployment("1", "local", "1.0", DeploymentStatus.FAILED)], NOW)
    assert local.serving is None


def test_a_running_deployment_has_taken_the_time_until_now() -> None:
    under_way = deployment("1", "local", "1.0", DeploymentStatus.RUNNING)
    assert (
        fleet.deployment_view(under_way, under_way.started + timedelta(seconds=5)).seconds
        == "5.0 s"
    )


def test_nothing_recorded_shows_nothing() -> None:
    assert fleet.environments([], NOW) == ()


def test_errors_come_before_warnings_before_the_rest() -> None:
    kinds = ("info", "warning", "strange", "error")
    found = [Finding(id=kind, severity=kind, title=kind) for kind in kinds]
    assert [f.id for f in fleet.by_severity(found)] == ["error", "warning", "info", "strange"]
