"""ProcessTryout: starts an artifact alone, the way a deployment would."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fullcycle.errors import StepError

from .bundle import Bundles
from .content import digest_of
from .home import Home, private
from .launch import birth
from .replicas import ProcessReplicas
from .supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fullcycle.model import Artifact, HealthCheck, Replica, Workload
    from fullcycle.providers import Bench

    from .bundle import Bundle


class ProcessTryout:
    """Runs one replica in a home that lives as long as the try."""

    def __init__(self, app: str, home: Home, root: Path) -> None:
        self._app = app
        self._home = home
        self._root = root

    def try_out(
        self, artifact: Artifact, content: Path | None, workload: Workload, bench: Bench
    ) -> str:
        """See Tryout.try_out. The unpacked release stays: a deployment goes on from it."""
        self._prepare(artifact, content, bench)
        self._sweep()
        home = Home(self._home.root.parent / f".tryout-{os.getpid()}-{secrets.token_hex(4)}")
        private(home.root)
        release = replace(workload.release, digest=artifact.digest, kind=artifact.kind)
        replicas = self._replicas(home)
        try:
            replica = replicas.start(replace(workload, release=release), "tryout")
            return _until_healthy(replicas, replica, workload.health, bench)
        finally:
            self._dismiss(home, workload.stop_grace)

    def run(
        self,
        artifact: Artifact,
        content: Path | None,
        command: str,
        bench: Bench,
        *,
        env: Mapping[str, str],
        collect: Sequence[str] = (),
    ) -> int:
        """See Tryout.run. It gets a copy of the content, to write into as it likes."""
        bundle = self._prepare(artifact, content, bench)
        with tempfile.TemporaryDirectory(prefix="fullcycle-inside-") as name:
            place = Path(name) / "content"
            shutil.copytree(bundle.content, place, symlinks=True)
            variables = bundle.environment(dict(env))
            done = bench.run(["/bin/sh", "-c", command], cwd=place, env=variables, check=False)
            for file in (file for pattern in collect for file in place.glob(pattern)):
                kept = self._root / file.relative_to(place)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, kept)
        return done.exit_code

    def _prepare(self, artifact: Artifact, content: Path | None, bench: Bench) -> Bundle:
        return Bundles(self._home.releases).prepare(
            artifact.digest, artifact.kind, lambda: _verified(artifact, content), bench
        )

    def _replicas(self, home: Home) -> ProcessReplicas:
        return ProcessReplicas(self._app, "tryout", home, Supervisor(home))

    def _sweep(self) -> None:
        """Stop what a try left whose process was killed."""
        for folder in self._home.root.parent.glob(".tryout-*"):
            if not birth(int(folder.name.split("-")[1])):
                self._dismiss(Home(folder), 0.0)

    def _dismiss(self, home: Home, grace: float) -> None:
        replicas = self._replicas(home)
        for started in replicas.list():
            replicas.stop(started, grace)
        replicas.close()
        shutil.rmtree(home.root, ignore_errors=True)


def _until_healthy(
    replicas: ProcessReplicas, replica: Replica, health: HealthCheck, bench: Bench
) -> str:
    deadline = time.monotonic() + health.deadline
    while True:
        bench.checkpoint()
        probe = replicas.probe(replica, health)
        if probe.healthy:
            return probe.detail
        if probe.final or time.monotonic() > deadline:
            within = "" if probe.final else f" within {health.deadline:g} s"
            raise StepError(
                f"the artifact did not become healthy{within} on {health.question}: {probe.detail}",
                hint="see what it wrote, below",
                log_tail=probe.log_tail or replicas.tail(replica),
            )
        time.sleep(health.interval)


def _verified(artifact: Artifact, content: Path | None) -> Path:
    if content is None or not content.exists():
        raise StepError("the artifact's content is missing", hint="run `invoke build` again")
    found = digest_of(content)
    if found != artifact.digest:
        raise StepError(
            f"{content} has the digest {found}, the artifact has {artifact.digest}",
            hint="run `invoke build` again",
        )
    return content
