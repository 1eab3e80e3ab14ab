"""Deployments, read as changes: which brought something new, which failed, what repaired them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.model import DeploymentStatus
from fullcycle.rollout.retention import SCALING
from fullcycle.versioning.commits import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from fullcycle.model import Commit, Deployment
    from fullcycle.versioning.git import Repository

ROLLBACK = "rollback to "
"""How the reason of a deployment begins that a person went back with."""

_FAILED = {DeploymentStatus.ROLLED_BACK, DeploymentStatus.FAILED}
_ENDED = _FAILED | {DeploymentStatus.SUCCEEDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A deployment of something new, or back to something old."""

    deployment: Deployment
    before: str | None
    """The revision that was live before; None when nothing was."""
    rollback: bool
    """Whether a person went back to an earlier version by it."""
    failed: bool
    """It failed, was rolled back, or a person had to go back from it."""
    repaired: datetime | None
    """When users were served well again after it failed; None when they aren't, or it didn't."""
    repairs: bool
    """Whether it put a failed one right: the next that succeeded, or a rollback."""

    @property
    def succeeded(self) -> bool:
        """Whether the deployment itself went well."""
        return _good(self.deployment)

    @property
    def failing_since(self) -> datetime:
        """From when on users may have suffered, if it failed: at the earliest."""
        ended = self.deployment.finished if self.succeeded else None
        return ended or self.deployment.started


def changes(deployments: Iterable[Deployment]) -> list[Change]:
    """The changes of all environments, oldest first.

    Deployments of what ran already (scaling, a restart) are no changes; those that run or were
    interrupted are not counted either way.
    """
    ended = {d.id: d for d in deployments if d.status in _ENDED and d.finished}
    by_environment: dict[str, list[Deployment]] = {}
    for deployment in sorted(ended.values(), key=lambda d: (d.started, d.id)):
        by_environment.setdefault(deployment.environment, []).append(deployment)
    found = [change for each in by_environment.values() for change in _changes(each)]
    return sorted(found, key=lambda c: (c.deployment.started, c.deployment.id))


def brought(change: Change, repository: Repository | None) -> list[Commit]:
    """The commits a deployment brought to users, without merges; none when git can't tell.

    The first deployment of all brought at least the commit it was built from; when the older ones
    were deployed is not known.
    """
    revision = change.deployment.workload.release.revision
    if repository is None or change.rollback:
        return []
    try:
        if not repository.resolve(revision):
            return []
        if change.before is None:
            return [parse(raw) for raw in repository.commits(until=revision)[:1]]
        if not repository.resolve(change.before):
            return []
        found = repository.commits(since=change.before, until=revision)
    except FullcycleError:
        return []
    return [parse(raw) for raw in found if not raw.merge]


def _changes(deployments: Sequence[Deployment]) -> list[Change]:
    """The changes of one environment; deployments oldest first."""
    live: Deployment | None = None
    found: list[Change] = []
    for place, each in enumerate(deployments):
        known = live is None and each.reason.startswith(SCALING)  # who deployed it is elsewhere
        if not known and (live is None or _digest(each) != _digest(live)):
            found.append(_change(each, live, deployments[place + 1 :], found))
        if _good(each):
            live = each
    return found


def _digest(deployment: Deployment) -> str:
    return deployment.workload.release.digest


def _change(
    deployment: Deployment,
    live: Deployment | None,
    later: Sequence[Deployment],
    earlier: Sequence[Change],
) -> Change:
    rollback = _is_rollback(deployment)
    undone = _undone(deployment, later)
    failed = not _good(deployment) or undone is not None
    return Change(
        deployment=deployment,
        before=live.workload.release.revision if live else None,
        rollback=rollback,
        failed=failed,
        repaired=_repaired(deployment, undone, later) if failed else None,
        repairs=rollback or (_good(deployment) and bool(earlier) and earlier[-1].failed),
    )


def _undone(deployment: Deployment, later: Sequence[Deployment]) -> Deployment | None:
    """The rollback by which a person went back from a deployment that had succeeded."""
    following = next((d for d in later if _good(d)), None) if _good(deployment) else None
    return following if following and _is_rollback(following) else None


def _repaired(
    deployment: Deployment, undone: Deployment | None, later: Sequence[Deployment]
) -> datetime | None:
    if deployment.status is DeploymentStatus.ROLLED_BACK:
        return deployment.finished
    repair = undone or next((d for d in later if _good(d)), None)
    return repair.finished if repair else None


def _good(deployment: Deployment) -> bool:
    return deployment.status is DeploymentStatus.SUCCEEDED


def _is_rollback(deployment: Deployment) -> bool:
    return _good(deployment) and deployment.reason.startswith(ROLLBACK)
