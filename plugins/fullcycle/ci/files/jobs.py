"""The jobs of a CI pipeline, whatever the server: what each runs, and what it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle.settings import Loaded
    from fullcycle.settings.schema import Settings

LOCAL = "local"
"""The environment that is the machine itself: that of a CI job goes away with the job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job: a clone, one command, and what goes in and out."""

    name: str
    command: str
    needs: tuple[str, ...] = ()
    takes: str = ""
    """The job whose `.fullcycle/handoff/` it goes on from."""
    gives: bool = False
    """Whether it hands `.fullcycle/handoff/` on."""
    reports: tuple[str, ...] = ()
    """Glob patterns of JUnit files it leaves."""
    secrets: tuple[str, ...] = ()
    """Names of environment variables that the server's secrets become."""
    restricted: bool = False
    """Only for commits of a release branch, once they are there."""
    environment: str = ""
    """Where it deploys to."""
    approve: bool = False
    """A person starts it."""

    @property
    def identifier(self) -> str:
        """The name, for servers that want no dashes."""
        return self.name.replace("-", "_")


def jobs(loaded: Loaded) -> list[Job]:
    """Checks and build at once, tests, the release, and the deployments one after another."""
    settings = loaded.settings
    known = tuple(sorted(settings.secrets))
    checks = [
        Job(name="code", command="invoke code", secrets=known),
        Job(name="build", command="invoke build", gives=True, secrets=known),
        *_tests(settings, known),
    ]
    release = Job(
        name="release",
        command="invoke release",
        needs=tuple(job.name for job in checks),
        takes="build",
        gives=True,
        secrets=known,
        restricted=True,
    )
    return [*checks, release, *_deployments(loaded)]


def _tests(settings: Settings, secrets: tuple[str, ...]) -> Iterator[Job]:
    for name, suite in settings.test.items():
        yield Job(
            name=f"test-{name}",
            command=f"invoke test --only test.{name}",
            reports=tuple(re.sub(r"\{\w+\}", "*", report) for report in suite.reports),
            secrets=secrets,
        )
    if settings.smoke.enabled and settings.app.run:
        command = "invoke test --only test.smoke"
        yield Job(
            name="smoke",
            command=command,
            needs=("build",),
            takes="build",
            secrets=tuple(sorted({*secrets, *settings.app.secrets})),
        )


def _deployments(loaded: Loaded) -> Iterator[Job]:
    """One after another, as they are written: what fails in the first never comes to the next."""
    before = "release"
    for name, environment in loaded.settings.environments.items():
        if name == LOCAL:
            continue
        yield Job(
            name=f"deploy-{name}",
            command=f"invoke deploy --env {name}{' --approve' if environment.approve else ''}",
            needs=(before,),
            takes="release",
            secrets=tuple(sorted(loaded.secret_names())),
            restricted=True,
            environment=name,
            approve=environment.approve,
        )
        before = f"deploy-{name}"
