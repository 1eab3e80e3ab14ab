"""From a release and the settings to the workload that a platform runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import HealthCheck, Release, Workload
from fullcycle.project import actor

if TYPE_CHECKING:
    from fullcycle.model import Artifact
    from fullcycle.project import Project


def workload(project: Project, release: Release) -> Workload:
    """The release, under the settings of the project's environment.

    Raises:
        UsageError: the settings don't say how to start the application.
    """
    from fullcycle.settings import expand

    app, environment = project.settings.app, project.environment
    if not app.run:
        raise UsageError(
            "the settings don't say how to start the application",
            hint='set `run` in [app], for instance run = "python -m shop --port {port}"',
        )
    facts = {
        "root": str(project.root),
        "environment": project.environment_name,
        "version": release.version,
    }
    return Workload(
        release=release,
        command=expand(app.run, later=("port",), **facts),
        env={
            name: expand(value, **facts) for name, value in {**app.env, **environment.env}.items()
        },
        secrets=app.secrets,
        health=HealthCheck(path=app.health, deadline=environment.health_deadline),
        replicas=project.choices.replicas or environment.replicas,
        port=project.port,
        drain=environment.drain,
        stop_grace=environment.stop_grace,
    )


def unreleased(project: Project, artifact: Artifact) -> Workload:
    """One replica of an artifact that has no release yet, for the smoke test."""
    release = Release(
        app=artifact.app,
        version=artifact.version,
        digest=artifact.digest,
        kind=artifact.kind,
        registry="",
        revision=artifact.revision,
        created=datetime.now(UTC),
        released_by=actor(),
    )
    smoke = project.settings.smoke
    made = workload(project, release)
    return replace(made, replicas=1, health=replace(made.health, deadline=smoke.deadline))
