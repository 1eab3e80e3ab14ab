"""What a deployment that was undone counts as, and what the user is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError, RolledBackError, StepError
from fullcycle.model import Deployment, DeploymentStatus

if TYPE_CHECKING:
    from fullcycle.model import Workload


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it is recorded and what is raised."""

    status: DeploymentStatus
    reason: str
    error: BaseException


def judge(
    deployment: Deployment,
    previous: Deployment | None,
    failure: BaseException,
    again: FullcycleError | None = None,
) -> Verdict:
    """The verdict on a deployment that failed or was interrupted, and has been undone.

    Args:
        deployment: the one that failed.
        previous: what the environment went back to; None for nothing.
        failure: why.
        again: why going back did not work entirely.
    """
    reason = reason_of(failure)
    if again:
        reason = f"{reason}; {again.message}"
        return Verdict(DeploymentStatus.FAILED, reason, _stuck(deployment, failure, again))
    if not isinstance(failure, Exception):
        return Verdict(DeploymentStatus.INTERRUPTED, "interrupted and undone", failure)
    if isinstance(failure, FullcycleError) and not isinstance(failure, StepError):
        return Verdict(DeploymentStatus.FAILED, reason, failure)
    if previous is None:
        return Verdict(DeploymentStatus.FAILED, reason, _failed(deployment, failure))
    error = _rolled_back(deployment, previous.workload, failure)
    return Verdict(DeploymentStatus.ROLLED_BACK, reason, error)


def title(deployment: Deployment) -> str:
    """The release of a deployment, for people: `shop 1.4.0`."""
    release = deployment.workload.release
    return f"{release.app} {release.version}"


def reason_of(failure: BaseException) -> str:
    """One line that says why."""
    if isinstance(failure, FullcycleError):
        return failure.message
    return f"{type(failure).__name__}: {failure}" if str(failure) else type(failure).__name__


def _rolled_back(deployment: Deployment, before: Workload, failure: Exception) -> RolledBackError:
    return RolledBackError(
        f"{title(deployment)} was rolled back from {deployment.environment}:"
        f" {reason_of(failure)}; {before.release.version} serves again with {_count(before)}",
        hint=_hint(failure),
        log_tail=_tail(failure),
    )


def _failed(deployment: Deployment, failure: Exception) -> StepError:
    return StepError(
        f"{title(deployment)} could not be deployed to {deployment.environment}:"
        f" {reason_of(failure)}; there was nothing before it to go back to",
        hint=_hint(failure),
        log_tail=_tail(failure),
    )


def _stuck(deployment: Deployment, failure: BaseException, again: FullcycleError) -> StepError:
    return StepError(
        f"{title(deployment)} failed in {deployment.environment}: {reason_of(failure)};"
        f" going back failed too: {again.message}",
        hint="look at the status, and deploy a release that is known to work",
        log_tail=_tail(failure) or again.log_tail,
    )


def _count(workload: Workload) -> str:
    return "1 replica" if workload.replicas == 1 else f"{workload.replicas} replicas"


def _hint(failure: BaseException) -> str:
    return failure.hint if isinstance(failure, FullcycleError) else ""


def _tail(failure: BaseException) -> str:
    return failure.log_tail if isinstance(failure, FullcycleError) else ""
