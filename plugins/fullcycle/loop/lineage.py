"""Which deployment started a replica, also one that is gone: for looking into its logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import DeploymentStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from fullcycle.model import Deployment, LogLine
    from fullcycle.project import Project

MOST = 200
"""Deployments that are looked through."""
LAST = "last"
BAD = frozenset({DeploymentStatus.FAILED, DeploymentStatus.ROLLED_BACK})


class Lineage:
    """Whether a line comes from a replica of chosen deployments.

    Of a replica that is gone only its lines are left: it belongs to the deployment that had begun
    last when it wrote the first of them.
    """

    def __init__(
        self, deployments: Sequence[Deployment], chosen: set[str], known: dict[str, str]
    ) -> None:
        """Remember.

        Args:
            deployments: all, newest first.
            chosen: ids of those that are wanted.
            known: replica → deployment, of what runs.
        """
        self._deployments = deployments
        self._chosen = chosen
        self._known = known

    def begin(self, since: datetime | None) -> datetime | None:  # noqa: ARG002 (see Everything)
        """From when on lines must be read: one deployment earlier, whose replicas are others."""
        places = (n for n, each in enumerate(self._deployments) if each.id in self._chosen)
        oldest = max(places)
        if oldest + 1 == len(self._deployments):
            return None
        return self._deployments[oldest + 1].started

    def __call__(self, line: LogLine) -> bool:
        """Whether it does."""
        if line.replica not in self._known:
            before = (each.id for each in self._deployments if line.at and each.started <= line.at)
            self._known[line.replica] = next(before, "")
        return self._known[line.replica] in self._chosen


class Everything:
    """Every line will do."""

    def begin(self, since: datetime | None) -> datetime | None:
        """From when on lines must be read."""
        return since

    def __call__(self, line: LogLine) -> bool:  # noqa: ARG002 (see Lineage)
        """Always."""
        return True


def lineage(project: Project, deployment: str, *, failed: bool) -> Lineage | Everything:
    """What chooses lines by their deployment.

    Args:
        project: the environment is its.
        deployment: an id, or how it begins, or `last`; any when empty.
        failed: only deployments that failed or were rolled back.

    Raises:
        UsageError: there is no such deployment.
    """
    if not deployment and not failed:
        return Everything()
    found = project.platform.require("history").list(MOST)
    chosen = {each.id for each in _named(found, deployment) if not failed or each.status in BAD}
    if not chosen:
        what = "failed deployment" if failed else "deployment"
        raise UsageError(
            f"no {what} {deployment}".rstrip() + f" in {project.environment_name}",
            hint="invoke deploy.history lists them",
        )
    running = project.platform.runtime.status().replicas
    return Lineage(found, chosen, {each.id: each.deployment for each in running})


def _named(found: Sequence[Deployment], name: str) -> Sequence[Deployment]:
    if name == LAST:
        return found[:1]
    return [each for each in found if each.id.startswith(name)]
