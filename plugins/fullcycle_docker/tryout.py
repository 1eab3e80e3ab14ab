"""DockerTryout: the very artifact, started alone, and suites inside it."""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fullcycle.errors import StepError

from . import confidential, container, images, once, tryout_mark
from .container import Container
from .faults import translated
from .labels import Role
from .logs import tail
from .probe import probe
from .stream import stream
from .tryout_collect import collect as bring_back

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from fullcycle.model import Artifact, HealthCheck, Workload
    from fullcycle.providers import Bench

    from .engine import Engine
    from .labels import Owner


class DockerTryout:
    """Runs containers that are gone when it is done, also those of a try that was killed."""

    def __init__(self, engine: Engine, owner: Owner, root: Path) -> None:
        self._engine = engine
        self._owner = owner
        self._root = root

    def try_out(
        self,
        artifact: Artifact,
        content: Path | None,  # noqa: ARG002 (the Engine holds it)
        workload: Workload,
        bench: Bench,
    ) -> str:
        """See Tryout.try_out. It gets no volumes: nothing of the environment is touched."""
        port = workload.inner_port
        env = container.facts(self._owner, workload, "tryout") | {"PORT": str(port)}
        wanted = Container(
            **self._common(artifact),
            program=container.shell(workload.command.replace("{port}", str(port))),
            env=env,
            secrets=confidential.values(workload.secrets),
            networks=workload.networks,
            **container.limits(workload.resources),
        )
        with self._started(wanted) as ident:
            return _until_healthy(self._engine, ident, workload.health, port, bench)

    def run(
        self,
        artifact: Artifact,
        content: Path | None,  # noqa: ARG002 (the Engine holds it)
        command: str,
        bench: Bench,
        *,
        env: Mapping[str, str],
        collect: Sequence[str] = (),
    ) -> int:
        """See Tryout.run."""
        wanted = Container(**self._common(artifact), program=container.shell(command), env=env)
        with self._started(wanted) as ident:
            self._follow(ident, bench)
            with translated("waiting for the command's end"):
                code = int(self._engine.api.wait(ident)["StatusCode"])
            found = container.inspect(self._engine, ident)
            if found and found["State"]["OOMKilled"]:
                bench.log("it was killed for want of memory")
            bring_back(self._engine, ident, collect, self._root, bench)
        return code

    def _common(self, artifact: Artifact) -> dict[str, Any]:
        self._sweep()
        labels = self._owner.labels(Role.TRYOUT, version=artifact.version, digest=artifact.digest)
        return {
            "name": self._owner.name("tryout", secrets.token_hex(4)),
            "image": images.require(self._engine, artifact.digest)["Id"],
            "labels": labels | {tryout_mark.LABEL: tryout_mark.mine()},
            "restarts": False,
        }

    @contextmanager
    def _started(self, wanted: Container) -> Iterator[str]:
        ident = container.create(self._engine, self._owner, wanted)
        try:
            container.start(self._engine, ident, wanted.name)
            yield ident
        finally:
            container.remove(self._engine, ident)

    def _follow(self, ident: str, bench: Bench) -> None:
        with stream(
            self._engine,
            lambda api: api.logs(ident, stream=True, follow=True),
            bench,
            "running a command inside the artifact",
        ) as parts:
            once.tell(parts, bench)

    def _sweep(self) -> None:
        """Remove what a killed process left."""
        with translated("looking for what earlier tries left"):
            filters = self._owner.filter(Role.TRYOUT)
            listed = self._engine.api.containers(all=True, filters=filters)
        for each in listed:
            if tryout_mark.abandoned(each["Labels"].get(tryout_mark.LABEL, "")):
                container.remove(self._engine, each["Id"])


def _until_healthy(engine: Engine, ident: str, health: HealthCheck, port: int, bench: Bench) -> str:
    deadline = time.monotonic() + health.deadline
    while True:
        bench.checkpoint()
        found = probe(engine, ident, health, port)
        if found.healthy:
            return found.detail
        if found.final or time.monotonic() > deadline:
            within = "" if found.final else f" within {health.deadline:g} s"
            raise StepError(
                f"the artifact did not become healthy{within} on {health.question}: {found.detail}",
                hint="see what it wrote, below",
                log_tail=found.log_tail or tail(engine, ident),
            )
        time.sleep(health.interval)
