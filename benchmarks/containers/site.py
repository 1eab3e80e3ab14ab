"""Site: an Engine, or a Swarm of one node, with the images that a benchmark needs."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from benchmarks.measure import BenchmarkError
from docker_bed import engine, images, swarm

from . import app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

VERSIONS = ("1", "2")
LOCAL = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class Site:
    """Where things run."""

    client: DockerClient
    label: str
    """Of the images, `key=value`; they are removed at the end."""
    haproxy: str
    versions: tuple[str, ...]
    """Images of the application: what runs, and what replaces it."""
    url: str = ""
    """As DOCKER_HOST has it; empty for this machine's own."""
    address: str = "127.0.0.1"
    """Where published ports are reached."""

    @property
    def name(self) -> str:
        """Short, and nobody else's."""
        return "bench-" + self.label.rpartition("=")[2]

    @property
    def running(self) -> str:
        """The label of all else, which is removed after every sample."""
        return self.label + ".run"

    @property
    def flags(self) -> list[str]:
        """What makes the `docker` program talk to it."""
        return ["--host", self.url] if self.url else []


@contextmanager
def single() -> Iterator[Site]:
    """This machine's Engine.

    Raises:
        BenchmarkError: there is none, or something is not installed.
    """
    with _available():
        client = engine.connect()
        base, haproxy = images.base_image(client), images.haproxy_image(client)
    try:
        with engine.cleaned(client, f"{engine.LABEL}={secrets.token_hex(4)}") as label:
            versions = tuple(app.image(client, base, each, label) for each in VERSIONS)
            yield Site(client, label, haproxy, versions)
    finally:
        client.close()


@contextmanager
def clustered(site: Site) -> Iterator[Site]:
    """A Swarm of one node with the same images; raises as `single`."""
    with _available():
        swarm.require()
    with swarm.swarm(nodes=1) as made:
        node = made.nodes[0]
        for image in (site.haproxy, *site.versions):
            made.load(site.client, image)
        yield Site(node.client, site.label, site.haproxy, site.versions, node.url, node.address)
        engine.clean(node.client, site.label)


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except (pytest.skip.Exception, pytest.fail.Exception) as lack:
        raise BenchmarkError(str(lack)) from lack
