"""The Docker Engine of this machine: found, shared with other processes, and left clean."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

LABEL = "fullcycle-test"


def connect() -> DockerClient:
    """The Engine that `docker` talks to; no Engine skips the test, and fails it on CI."""
    try:
        import docker
        from docker.errors import DockerException

        client: DockerClient = docker.from_env(timeout=60)
    except (ImportError, AttributeError):
        lacking("the docker SDK is not installed: it is in the dependency group docker")
    except DockerException as error:
        lacking(f"no Docker Engine answers ({error}): start one, as .ci/engine does")
    return client


def lacking(what: str) -> NoReturn:
    """Skip on a developer's machine what it has not got; CI has to have it."""
    if os.environ.get("CI"):
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


@contextmanager
def alone(name: str) -> Iterator[None]:
    """One process of this machine at a time."""
    with (Path(tempfile.gettempdir()) / f"{LABEL}-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def cleaned(client: DockerClient, label: str) -> Iterator[str]:
    """Remove at the end all that carries a label, as `key` or `key=value`."""
    try:
        yield label
    finally:
        clean(client, label)


def clean(client: DockerClient, label: str) -> None:
    """Remove the services, containers, networks, volumes and images with a label."""
    mine: dict[str, str | list[str] | bool] = {"label": label}
    swarm = client.info()["Swarm"]
    if swarm["LocalNodeState"] == "active" and swarm["ControlAvailable"]:
        for kind in (client.services, client.configs, client.secrets):
            gone(*(thing.remove for thing in kind.list(filters=mine)))
    containers = client.containers.list(all=True, filters=mine, ignore_removed=True)
    gone(*(partial(container.remove, force=True, v=True) for container in containers))
    gone(*(network.remove for network in client.networks.list(filters=mine)))
    gone(*(partial(volume.remove, force=True) for volume in client.volumes.list(filters=mine)))
    images = client.images.list(filters=mine)
    gone(*(partial(client.images.remove, str(image.id), force=True) for image in images))


def gone(*removals: Callable[[], object]) -> None:
    """Remove what may be gone already, or is just going."""
    from docker.errors import APIError, NotFound

    for remove in removals:
        with suppress(NotFound):
            try:
                remove()
            except APIError as error:
                if "in progress" not in str(error.explanation):
                    raise
