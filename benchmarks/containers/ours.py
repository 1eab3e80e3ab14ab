"""Ours: the provider docker as every command drives it."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from docker_bed.engine import clean
from fullcycle.environment import Platform
from fullcycle.model import Deployment, DeploymentStatus, HealthCheck, Release, Workload
from fullcycle.providers import Strategy, Target, load
from fullcycle.rollout import rollback_target
from fullcycle.rollout.records import new_id
from fullcycle.testing.contract import free_port

from .app import HEALTHY, PORT
from .front import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .site import Site


@dataclass
class Ours:
    """An environment with a few replicas of the first version."""

    target: Target
    workload: Workload
    versions: tuple[Release, ...]
    strategy: Strategy = field(default_factory=Strategy)
    """How `replace` goes about it."""
    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Seconds until events came, by the first word of what they said: where the time goes."""

    @property
    def url(self) -> str:
        """Where users ask."""
        return self._connect().runtime.status().url

    def replace(self) -> None:
        """See Running.replace."""
        self.deploy(replace(self.workload, release=self.versions[1]), self.strategy)

    def scale(self, count: int) -> None:
        """See Running.scale."""
        self.deploy(replace(self.workload, replicas=count))

    def roll_back(self) -> None:
        """Bring back what ran before."""
        before = rollback_target(self._connect().require("history"))
        assert before is not None  # noqa: S101 (two versions were deployed)
        self.deploy(before.workload)

    def deploy(self, workload: Workload, strategy: Strategy | None = None) -> None:
        """A deployment, as a command that starts anew does it."""
        chosen = strategy or Strategy()
        deployment = Deployment(
            id=new_id(),
            app=self.target.app,
            environment=self.target.environment,
            workload=workload,
            strategy=chosen.kind,
            status=DeploymentStatus.RUNNING,
            started=datetime.now(UTC),
            by="benchmark",
        )
        began = perf_counter()
        for event in self._connect().runtime.deploy(deployment, chosen):
            self.spent[event.message.partition(" ")[0]] += perf_counter() - began
            began = perf_counter()
        self.workload = workload

    def remove(self) -> None:
        """End everything."""
        for _ in self._connect().runtime.remove():
            pass

    def _connect(self) -> Platform:
        return Platform(load("docker")(self.target), self.target)


@contextmanager
def ours(site: Site, replicas: int, strategy: Strategy | None = None) -> Iterator[Ours]:
    """On one Engine, or on a Swarm where that is what the site is."""
    with tempfile.TemporaryDirectory(prefix="fullcycle-benchmark-") as folder:
        made = _environment(site, Path(folder), replicas)
        made.strategy = strategy or made.strategy
        try:
            made.deploy(made.workload)
            yield made
        finally:
            made.remove()
            clean(site.client, f"fullcycle.app={site.name}")


def _environment(site: Site, folder: Path, replicas: int) -> Ours:
    options = {
        "host": site.url,
        "orchestrator": "swarm" if site.url else "engine",
        "proxy": site.haproxy,
        "bind": site.address,
    }
    given = load("docker").Options.model_validate(options)
    target = Target(app=site.name, environment="bench", root=folder, options=given)
    versions = tuple(_release(site, image) for image in site.versions)
    workload = Workload(
        release=versions[0],
        command="",
        health=HealthCheck(path=HEALTHY, deadline=PATIENCE),
        replicas=replicas,
        port=free_port(),
        listen=PORT,
    )
    return Ours(target, workload, versions)


def _release(site: Site, image: str) -> Release:
    return Release(
        app=site.name,
        version=image.rpartition(":")[2],
        digest=str(site.client.images.get(image).id),
        kind="image",
        registry="engine://",
        revision="0" * 40,
        created=datetime.now(UTC),
        released_by="benchmark",
    )
