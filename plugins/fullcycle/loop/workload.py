"""From a release and the settings to the workload that a platform runs."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import HealthCheck, HealthKind, Process, Release, Resources, Workload
from fullcycle.project import actor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fullcycle.model import Artifact
    from fullcycle.project import Project
    from fullcycle.settings.schema import Health, ResourceSettings


def workload(project: Project, release: Release) -> Workload:
    """The release, under the settings of the project's environment.

    Raises:
        UsageError: the settings don't say how to start the application, and its platform
            does not know it either.
    """
    app, environment = project.settings.app, project.environment
    if not app.run and project.platform.capabilities.needs_command:
        raise UsageError(
            "the settings don't say how to start the application",
            hint='set `run` in [app], for instance run = "python -m shop --port {port}"',
        )
    fill = _filling(project, release)
    return Workload(
        release=release,
        command=fill(app.run, "port"),
        env={name: fill(value) for name, value in {**app.env, **environment.env}.items()},
        secrets=app.secrets,
        health=_health(app.health, environment.health_deadline),
        replicas=project.choices.replicas or _replicas(project),
        port=project.port,
        listen=app.port,
        drain=environment.drain,
        stop_grace=environment.stop_grace,
        resources=_resources(environment.resources),
        volumes=tuple(map(fill, environment.volumes)),
        user=_user(environment.user),
        networks=environment.networks,
        processes=tuple(_processes(project, fill)),
    )


def _replicas(project: Project) -> int:
    """As many as the settings say; with a scaling policy as many as run, within its limits."""
    policy = project.environment.autoscale
    if policy is None:
        return project.environment.replicas
    running = project.platform.runtime.status().desired or project.environment.replicas
    return min(max(running, policy.min), policy.max)


def _filling(project: Project, release: Release) -> Callable[..., str]:
    """Replaces the placeholders of a text, but those named to be replaced later."""
    from fullcycle.settings import expand

    facts = {
        "root": str(project.root),
        "environment": project.environment_name,
        "version": release.version,
    }

    def fill(text: str, *later: str) -> str:
        return expand(text, later=later, **facts)

    return fill


def _processes(project: Project, fill: Callable[..., str]) -> Iterator[Process]:
    environment = project.environment
    known = project.settings.app.processes
    for name in environment.processes.keys() - known.keys():
        raise UsageError(
            f"environment {project.environment_name!r} sets the replicas of process {name!r},"
            " which the application doesn't have",
            hint=f"processes in [app.processes]: {', '.join(known) or 'none'}",
        )
    for name, settings in known.items():
        yield Process(
            name=name,
            command=fill(settings.run, "port"),
            replicas=environment.processes.get(name, settings.replicas),
            health=_health(settings.health, environment.health_deadline),
            resources=_resources(settings.resources),
        )


def _health(settings: Health, deadline: float) -> HealthCheck:
    return HealthCheck(
        kind=HealthKind(settings.kind),
        path=settings.path,
        command=settings.command,
        interval=settings.interval,
        timeout=settings.timeout,
        deadline=deadline,
    )


def _user(written: str) -> str:
    """Whose rights; `host` stands for those of this process."""
    return f"{os.getuid()}:{os.getgid()}" if written == "host" else written


def _resources(settings: ResourceSettings) -> Resources:
    from fullcycle.settings.forms import size

    memory = size(settings.memory) if settings.memory else None
    return Resources(cpus=settings.cpus, memory=memory)


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
