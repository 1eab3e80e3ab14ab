"""What the recorded deployments of an environment say."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.model import Deployment, DeploymentStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fullcycle.model import Workload
    from fullcycle.providers import History

LIMIT = 1000
"""Records looked at; a replica that has been kept through more deployments counts as a stray."""


def alike(one: Workload, other: Workload) -> bool:
    """Whether a replica of one workload is as good as a replica of the other.

    Compared is what a replica is made of: release digest, command, environment, names of
    secrets, health check, resources, volumes, user, networks and the port it listens on; for whole
    applications the same of their other processes. Numbers of replicas, the port users reach and
    grace periods don't change a replica.
    """
    return _essence(one) == _essence(other)


def live(records: Iterable[Deployment]) -> Deployment | None:
    """The deployment that the environment is meant to run.

    None before the first and after a removal, which is recorded as a deployment of 0 replicas.

    Args:
        records: newest first.
    """
    last = next((d for d in records if d.status is DeploymentStatus.SUCCEEDED), None)
    return last if last and last.workload.replicas else None


def unfinished(records: Iterable[Deployment]) -> list[Deployment]:
    """Deployments that were begun and never ended, newest first."""
    return [d for d in records if d.status is DeploymentStatus.RUNNING]


def rollback_target(history: History) -> Deployment | None:
    """The deployment whose workload a rollback deploys; None when there is none.

    It is the newest that succeeded before the running one and ran something else: another
    release, or other settings. Scaling and restarts ran the same, so they are passed over.
    """
    records = [d for d in recorded(history) if d.status is DeploymentStatus.SUCCEEDED]
    running = live(records)
    if running is None:
        return None
    return next((d for d in records if _another(d.workload, running.workload)), None)


def removal_of(last: Deployment) -> Deployment:
    """The record that an environment is being emptied."""
    return replace(
        last,
        id=new_id(),
        workload=replace(last.workload, replicas=0),
        strategy="remove",
        status=DeploymentStatus.RUNNING,
        started=datetime.now(UTC),
        finished=None,
        reason="removed",
    )


def new_id() -> str:
    """An id for a deployment that begins now: sortable by time, unique."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def recorded(history: History) -> Sequence[Deployment]:
    """All deployments worth looking at, newest first to the microsecond; ids only know seconds."""
    return sorted(history.list(LIMIT), key=lambda each: each.started, reverse=True)


def _another(one: Workload, other: Workload) -> bool:
    return one.replicas > 0 and not (alike(one, other) and one.port == other.port)


def _essence(workload: Workload) -> tuple[object, ...]:
    return (
        workload.release.digest,
        workload.command,
        workload.env,
        sorted(workload.secrets),
        workload.health,
        workload.resources,
        workload.volumes,
        workload.user,
        sorted(workload.networks),
        workload.listen,
        sorted((p.name, p.command, repr(p.health), repr(p.resources)) for p in workload.processes),
    )
