"""How a deployment ended: on the platform's history, for the ledger, and for the user."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError, InterruptedRunError, RolledBackError, StepError
from fullcycle.model import DeploymentStatus
from fullcycle.pipeline.approval import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.model import Deployment
    from fullcycle.project import Project

    from .news import News


def on_record(
    project: Project, deployment: Deployment, carry_out: Callable[[], object], news: News
) -> Deployment:
    """Carry a deployment out; ledger and news know of it from its begin, and how it ended.

    Args:
        project: whose environment it is.
        deployment: as it begins.
        carry_out: does it; what it raises ends the deployment, and is passed on.
        news: tells people.

    Returns:
        the deployment as it ended.
    """
    failure: BaseException | None = None
    project.ledger.record_deployment(deployment)
    news.begun(deployment)
    try:
        carry_out()
    except RefusedError as refusal:
        failure = _refused(project, deployment, refusal)
        raise failure from refusal
    except BaseException as error:
        failure = error
        raise
    finally:
        ended = _ended(project, deployment, failure)
        project.ledger.record_deployment(ended)
        news.ended(ended)
    return ended


def _ended(project: Project, deployment: Deployment, failure: BaseException | None) -> Deployment:
    """What the platform recorded; what it didn't know yet (a command before it) is recorded now."""
    found = _recorded(project, deployment)
    if found is not None:
        return found
    ended = replace(
        deployment,
        status=_status(failure),
        finished=datetime.now(UTC),
        reason=_reason(failure) or deployment.reason,
    )
    if failure is not None:
        with suppress(FullcycleError, OSError):
            _record(project, ended)
    return ended


def _refused(project: Project, deployment: Deployment, refusal: RefusedError) -> FullcycleError:
    """Record that a person said no to what has been undone by now; returns what to raise."""
    ended = _recorded(project, deployment)
    if ended is not None and ended.status is DeploymentStatus.FAILED:
        return StepError(f"{_title(deployment)} was not undone: {ended.reason}")
    before = project.platform.runtime.status().deployment
    status = DeploymentStatus.ROLLED_BACK if before else DeploymentStatus.FAILED
    now = datetime.now(UTC)
    _record(project, replace(deployment, status=status, finished=now, reason=refusal.message))
    if before is None:
        return StepError(f"{_title(deployment)} was taken back: {refusal.message}")
    return RolledBackError(
        f"{_title(deployment)} was rolled back from {deployment.environment}: {refusal.message};"
        f" {before.workload.release.version} serves again"
    )


def _recorded(project: Project, deployment: Deployment) -> Deployment | None:
    history = project.platform.capabilities.history
    listed = history.list() if history else ()
    return next((each for each in listed if each.id == deployment.id), None)


def _record(project: Project, deployment: Deployment) -> None:
    history = project.platform.capabilities.history
    if history is not None:
        history.record(deployment)


def _status(failure: BaseException | None) -> DeploymentStatus:
    if failure is None:
        return DeploymentStatus.SUCCEEDED
    if isinstance(failure, RolledBackError):
        return DeploymentStatus.ROLLED_BACK
    if isinstance(failure, InterruptedRunError) or not isinstance(failure, Exception):
        return DeploymentStatus.INTERRUPTED
    return DeploymentStatus.FAILED


def _reason(failure: BaseException | None) -> str:
    return failure.message if isinstance(failure, FullcycleError) else str(failure or "")


def _title(deployment: Deployment) -> str:
    release = deployment.workload.release
    return f"{release.app} {release.version}"
