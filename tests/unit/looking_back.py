"""Runs and deployments to look back on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fullcycle.model import (
    Deployment,
    DeploymentStatus,
    Release,
    Result,
    Run,
    StepRecord,
    Workload,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


def at(hours: float) -> datetime:
    """So many hours after the beginning."""
    return BEGIN + timedelta(hours=hours)


def deployment(
    number: int,
    *,
    hours: float,
    digest: str = "",
    status: DeploymentStatus = DeploymentStatus.SUCCEEDED,
    revision: str = "",
    reason: str = "",
    environment: str = "production",
    took: float = 0.1,
) -> Deployment:
    """A deployment that began `hours` after the beginning and took `took` hours."""
    release = Release(
        app="shop",
        version=f"1.0.{number}",
        digest=digest or f"sha256:{number}",
        kind="python",
        registry="",
        revision=revision or f"{number:040}",
        created=at(hours),
        released_by="ada@home",
    )
    return Deployment(
        id=f"d{number}",
        app="shop",
        environment=environment,
        workload=Workload(release=release, command="run"),
        strategy="rolling",
        status=status,
        started=at(hours),
        finished=None if status is DeploymentStatus.RUNNING else at(hours + took),
        by="ada@home",
        reason=reason,
    )


def step(
    name: str,
    seconds: float = 1.0,
    result: Result = Result.SUCCESS,
    *,
    begin: float = 0.0,
    attempts: int = 1,
    reason: str = "",
) -> StepRecord:
    """A step that began `begin` seconds after the beginning."""
    started = BEGIN + timedelta(seconds=begin)
    return StepRecord(
        name=name,
        result=result,
        started=started,
        finished=started + timedelta(seconds=seconds),
        seconds=seconds,
        attempts=attempts,
        reason=reason,
    )


def run(
    number: int,
    steps: Sequence[StepRecord],
    *,
    revision: str = "a" * 40,
    version: str = "1.0.0",
    result: Result = Result.SUCCESS,
) -> Run:
    """The run with that number; later numbers began later."""
    return Run(
        id=f"r{number:04}",
        chain="ci",
        result=result,
        started=BEGIN + timedelta(minutes=number),
        finished=BEGIN + timedelta(minutes=number, seconds=30),
        revision=revision,
        version=version,
        steps=tuple(steps),
    )
