"""Contract: what the tests of every capability start from."""

from __future__ import annotations

import secrets
import socket
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from fullcycle.environment import Platform
from fullcycle.model import (
    Artifact,
    Deployment,
    DeploymentStatus,
    Event,
    HealthCheck,
    Release,
    Workload,
)
from fullcycle.providers import Source, Strategy, Target, load
from fullcycle.rollout.records import new_id
from fullcycle.settings.schema import Build

from .application import Behaviour, write
from .bench import KitBench

EPOCH = 1_700_000_000


class Contract:
    """Subclass the contracts of the capabilities a provider has, and say which provider it is.

    What a platform needs otherwise is overridden: the fixture `options`, and the methods
    `source` (how the application is built) and `command` (how it is started).
    """

    provider_name: ClassVar[str]
    """As the settings call it."""

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        """The provider's own settings."""
        return {}

    @pytest.fixture
    def target(self, options: dict[str, Any], tmp_path: Path) -> Target:
        """An environment that nobody else uses."""
        return Target(
            app=f"kit-{secrets.token_hex(3)}",
            environment="contract",
            root=tmp_path,
            options=load(self.provider_name).Options.model_validate(options),
        )

    @pytest.fixture
    def kit(self, target: Target, tmp_path: Path) -> Iterator[Kit]:
        """Everything a test needs; leaves nothing running."""
        made = Kit(self, target, tmp_path)
        yield made
        made.clean()

    def source(self, kit: Kit, version: str, behaviour: Behaviour) -> Source:
        """The application as something the provider's builder builds."""
        root = write(kit.folder / f"source-{version}-{behaviour}", version, behaviour)
        output = kit.folder / "output"
        output.mkdir(exist_ok=True)
        return Source(
            app=kit.target.app,
            root=root,
            version=version,
            revision="0" * 40,
            dirty=False,
            epoch=EPOCH,
            output=output,
            build=Build(kind="command", run="true", output="app"),
        )

    def command(self) -> str:
        """What starts one replica."""
        return f"{sys.executable} app.py {{port}}"

    def worker(self) -> str:
        """What starts a process that listens nowhere; ` badly` is added for one that fails."""
        return f"{sys.executable} app.py work"


@dataclass
class Kit:
    """One environment under test."""

    contract: Contract
    target: Target
    folder: Path

    def connect(self) -> Platform:
        """The platform, seen by a command that starts anew."""
        return Platform(load(self.contract.provider_name)(self.target), self.target)

    def __post_init__(self) -> None:
        self.platform = self.connect()
        self.bench = KitBench(self.folder)
        self.port = free_port()
        self._releases: dict[tuple[str, str], Release] = {}

    def source(self, version: str = "1.0.0", behaviour: Behaviour = "good") -> Source:
        """A source tree of the application."""
        return self.contract.source(self, version, behaviour)

    def build(self, version: str = "1.0.0", behaviour: Behaviour = "good") -> Artifact:
        """The application, built."""
        return self.platform.require("builder").build(self.source(version, behaviour), self.bench)

    def content(self, artifact: Artifact) -> Path | None:
        """Where its content waits to be published."""
        return self.folder / "output" / artifact.path if artifact.path else None

    def publish(self, artifact: Artifact, version: str = "") -> Release:
        """The artifact, released."""
        wanted = Release(
            app=artifact.app,
            version=version or artifact.version,
            digest=artifact.digest,
            kind=artifact.kind,
            registry="",
            revision=artifact.revision,
            created=datetime.now(UTC),
            released_by="kit@contract",
        )
        registry = self.platform.require("registry")
        return registry.publish(artifact, wanted, self.content(artifact))

    def release(self, version: str, behaviour: Behaviour = "good") -> Release:
        """A version of the application, built and published once."""
        key = (version, behaviour)
        if key not in self._releases:
            self._releases[key] = self.publish(self.build(version, behaviour))
        return self._releases[key]

    def workload(
        self, version: str = "1.0.0", behaviour: Behaviour = "good", **changes: Any
    ) -> Workload:
        """What a platform has to know to run the version."""
        made = Workload(
            release=self.release(version, behaviour),
            command=self.contract.command(),
            health=HealthCheck(path="/healthz", interval=0.1, timeout=5.0, deadline=20.0),
            replicas=2,
            port=self.port,
            drain=10.0,
            stop_grace=5.0,
        )
        return replace(made, **changes)

    def deployment(self, workload: Workload, strategy: Strategy | None = None) -> Deployment:
        """A deployment that begins now."""
        return Deployment(
            id=new_id(),
            app=self.target.app,
            environment=self.target.environment,
            workload=workload,
            strategy=(strategy or Strategy()).kind,
            status=DeploymentStatus.RUNNING,
            started=datetime.now(UTC),
            by="kit@contract",
        )

    def deploying(
        self, workload: Workload, strategy: Strategy | None = None, *, replace_all: bool = False
    ) -> Generator[Event, None, None]:
        """A deployment, event by event."""
        chosen = strategy or Strategy(replace=replace_all)
        yield from self.connect().runtime.deploy(self.deployment(workload, chosen), chosen)

    def deploy(
        self, workload: Workload, strategy: Strategy | None = None, *, replace_all: bool = False
    ) -> str:
        """Deploy it, saying yes to every question; returns the URL."""
        for _ in self.deploying(workload, strategy, replace_all=replace_all):
            pass
        return self.connect().runtime.status().url

    def clean(self) -> None:
        """Stop everything, whatever the test left."""
        offered = self.platform.capabilities
        if offered.runtime or offered.replicas:
            for _ in self.connect().runtime.remove():
                pass


def free_port() -> int:
    """A port nobody listens on, outside the range that connections get theirs from."""
    while True:
        port = 20000 + secrets.randbelow(10000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
