"""The bed as fixtures; what is costly is made once for a whole session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docker_bed import engine as engines
from docker_bed import images, registry, swarm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

LOGIN = ("ada", "correct horse")


@pytest.fixture(scope="session", name="engine")
def engine_() -> Iterator[DockerClient]:
    """The Engine of this machine; never part of a Swarm."""
    client = engines.connect()
    yield client
    client.close()


@pytest.fixture(scope="session")
def base_image(engine: DockerClient) -> str:
    """The name of an image with Python, pip and a shell."""
    return images.base_image(engine)


@pytest.fixture(scope="session")
def haproxy_image(engine: DockerClient) -> str:
    """The name of an image that is used like Docker Hub's `haproxy`."""
    return images.haproxy_image(engine)


@pytest.fixture(scope="session")
def registry_host() -> Iterator[str]:
    """`127.0.0.1:PORT` of a registry that is open to all."""
    with registry.serving() as address:
        yield address


@pytest.fixture(scope="session")
def private_registry_host() -> Iterator[str]:
    """`127.0.0.1:PORT` of a registry that knows only LOGIN."""
    with registry.serving(*LOGIN) as address:
        yield address


@pytest.fixture(scope="session")
def swarm_of_one(engine: DockerClient) -> Iterator[swarm.Swarm]:  # noqa: ARG001 (sets up the firewall)
    """The cheapest Swarm."""
    with swarm.swarm(nodes=1) as made:
        yield made


@pytest.fixture(scope="session")
def swarm_of_three(engine: DockerClient) -> Iterator[swarm.Swarm]:  # noqa: ARG001 (as above)
    """A manager and two workers; whoever loses or drains one brings it back."""
    with swarm.swarm(nodes=3) as made:
        yield made


@pytest.fixture
def label(engine: DockerClient) -> Iterator[str]:
    """A label of the test's own; what carries it is gone after the test."""
    import secrets

    with engines.cleaned(engine, f"{engines.LABEL}={secrets.token_hex(4)}") as made:
        yield made
