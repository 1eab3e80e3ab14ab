"""The Docker Engine of this machine: found, shared with other processes, and left clean."""

from __future__ import annotations

import fcntl
import gc
import os
import tempfile
import warnings
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
        from docker import from_env
        from docker.errors import DockerException
    except ImportError:
        lacking("the docker SDK is not installed: it is in the dependency group docker")
    client, why = None, ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # a vain try leaves its socket open
        try:
            client = from_env(timeout=60)
        except DockerException as error:
            why = str(error)
        gc.collect()
    return client or lacking(f"no Docker Engine answers ({why}): start one, as .ci/engine does")


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
    """Remove at the end all that carries a label, given as `key=value`."""
    try:
        yield label
    finally:
        clean(client, label)


def labelled(label: str) -> dict[str, str]:
    """A label, written as `key=value`, the way that the SDK takes labels."""
    return dict([label.split("=", 1)])


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
