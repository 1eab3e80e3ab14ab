"""Peers: what else runs replicas with Docker, each behind a front of its own."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from benchmarks.measure import BenchmarkError
from docker_bed.engine import clean, labelled

from . import app
from .front import Front, front, until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .site import Site

LIMIT = 120
LINGER = 2.5
"""Seconds that a replica in a Swarm goes on when told to end, until the front has noticed."""


class Running(Protocol):
    """A few replicas of the first version at an address."""

    @property
    def url(self) -> str:
        """Where they are asked."""

    def replace(self) -> None:
        """Put the second version in their place; at the end the old ones are gone."""

    def scale(self, count: int) -> None:
        """Have another number of replicas: all are healthy, and none too many, at the end."""


class Compose:
    """`docker-compose`, which ends all replicas, then starts new ones."""

    def __init__(self, site: Site, replicas: int, before: Front, folder: Path) -> None:
        self._site = site
        self._replicas = replicas
        self._front = before
        self._file = folder / "compose.json"
        self.set(site.versions[0])

    @property
    def url(self) -> str:
        """See Running.url."""
        return self._front.url

    def set(self, image: str) -> None:
        """Which image the file names."""
        health = {"test": app.CHECK, "interval": "1s", "timeout": "5s", "retries": 10}
        service = {
            "image": image,
            "init": True,
            "labels": labelled(self._site.running),
            "networks": ["net"],
            "healthcheck": health,
        }
        network = {"external": True, "name": self._site.name}
        file = {"version": "3.7", "services": {"app": service}, "networks": {"net": network}}
        self._file.write_text(json.dumps(file), encoding="utf-8")

    def up(self, count: int, *flags: str) -> None:
        """`docker-compose up` with so many replicas."""
        name, file = self._site.name, str(self._file)
        _run(
            [
                "docker-compose",
                "-p",
                name,
                "-f",
                file,
                "up",
                "-d",
                "--scale",
                f"app={count}",
                *flags,
            ]
        )

    def scale(self, count: int) -> None:
        """See Running.scale."""
        self.up(count, "--no-recreate")
        self._front.until(count)

    def replace(self) -> None:
        """See Running.replace."""
        self.set(self._site.versions[1])
        self.up(self._replicas)
        self._front.until(self._replicas)

    def roll(self) -> None:
        """Replace as docker-rollout does: twice as many, asked every second, the old ones ended."""
        old = self._ids(self._site.versions[0])
        self.set(self._site.versions[1])
        self.up(2 * len(old), "--no-recreate")
        limit = time.monotonic() + LIMIT
        while not self._all_healthy(self._ids(self._site.versions[1])):
            if time.monotonic() > limit:
                raise BenchmarkError("the new replicas are not healthy")
            time.sleep(1)
        _run(["docker", *self._site.flags, "stop", *old])
        _run(["docker", *self._site.flags, "rm", *old])

    def _ids(self, image: str) -> list[str]:
        filters = {"label": [self._site.running], "ancestor": image}
        return [str(each["Id"]) for each in self._site.client.api.containers(filters=filters)]

    def _all_healthy(self, containers: Sequence[str]) -> bool:
        inspect = self._site.client.api.inspect_container
        return all(inspect(each)["State"]["Health"]["Status"] == "healthy" for each in containers)


class Rollout(Compose):
    """The algorithm of docker-rollout, on `docker-compose`."""

    def replace(self) -> None:
        """See Running.replace."""
        self.roll()


class Service:
    """`docker service`: a Swarm that starts a new replica before it ends an old one."""

    def __init__(self, site: Site, replicas: int, before: Front) -> None:
        self._site = site
        self._replicas = replicas
        self._front = before
        self._docker = ["docker", *site.flags, "service"]
        self._create(replicas)

    @property
    def url(self) -> str:
        """See Running.url."""
        return self._front.url

    def replace(self) -> None:
        """See Running.replace."""
        update = ["update", "--detach", "--no-resolve-image", "--image", self._site.versions[1]]
        _run([*self._docker, *update, self._site.name])
        until(lambda: self._settled(self._replicas, self._site.versions[1]), "the update")
        self._front.until(self._replicas)

    def scale(self, count: int) -> None:
        """See Running.scale."""
        _run([*self._docker, "scale", "--detach", f"{self._site.name}={count}"])
        until(lambda: self._settled(count, self._site.versions[0]), f"{count} replicas")
        self._front.until(count)

    def _create(self, replicas: int) -> None:
        flags = {
            "name": self._site.name,
            "label": self._site.running,
            "container-label": self._site.running,
            "network": self._site.name,
            "endpoint-mode": "dnsrr",
            "replicas": str(replicas),
            "env": f"LINGER={LINGER}",
            "update-order": "start-first",
            "update-parallelism": "1",
            "health-cmd": " ".join(app.CHECK[1:]),
            "health-interval": "1s",
        }
        words = [f"--{name}={value}" for name, value in flags.items()]
        create = ["create", "--detach", "--init", "--no-resolve-image", *words]
        _run([*self._docker, *create, self._site.versions[0]])

    def _settled(self, count: int, image: str) -> bool:
        """Whether so many replicas run, all of the image, and nothing else is there any more."""
        tasks = self._site.client.api.tasks(filters={"service": self._site.name})
        alive = [each for each in tasks if each["Status"]["State"] not in ENDED]
        right = [
            each
            for each in alive
            if each["Status"]["State"] == "running"
            and each["Spec"]["ContainerSpec"]["Image"] == image
        ]
        return len(right) == len(alive) == count


ENDED = {"complete", "failed", "shutdown", "rejected", "orphaned", "remove"}


@contextmanager
def compose(site: Site, replicas: int) -> Iterator[Compose]:
    """`docker-compose`."""
    with _composed(Compose, site, replicas) as made:
        yield made


@contextmanager
def rollout(site: Site, replicas: int) -> Iterator[Compose]:
    """docker-rollout."""
    with _composed(Rollout, site, replicas) as made:
        yield made


@contextmanager
def service(site: Site, replicas: int) -> Iterator[Service]:
    """`docker service`."""
    with _fronted(site, "overlay", f"tasks.{site.name}") as before:
        made = Service(site, replicas, before)
        before.until(replicas)
        yield made


@contextmanager
def _composed(kind: type[Compose], site: Site, replicas: int) -> Iterator[Compose]:
    if not shutil.which("docker-compose"):
        raise BenchmarkError("docker-compose is not installed")
    with (
        tempfile.TemporaryDirectory(prefix="fullcycle-benchmark-") as folder,
        _fronted(site, "bridge", "app") as before,
    ):
        made = kind(site, replicas, before, Path(folder))
        made.scale(replicas)
        yield made


@contextmanager
def _fronted(site: Site, driver: str, name: str) -> Iterator[Front]:
    """A network with a front; everything but the images is removed afterwards."""
    labels = labelled(site.running)
    try:
        site.client.networks.create(
            site.name, driver=driver, attachable=driver == "overlay", labels=labels
        )
        yield front(site, name)
    finally:
        remove(site)


def remove(site: Site) -> None:
    """Remove all but the images; a Swarm's network only goes some time after its last user."""
    from docker.errors import APIError

    def gone() -> bool:
        try:
            clean(site.client, site.running)
        except APIError:
            return False
        return True

    until(gone, "the end of all that was started")


def _run(words: list[str]) -> None:
    try:
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"{shlex.join(words)} takes more than {LIMIT} s") from error
    if done.returncode:
        raise BenchmarkError(f"{shlex.join(words)} ended with {done.returncode}:\n{done.stderr}")
