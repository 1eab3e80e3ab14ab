"""What tests on a Swarm share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from docker import DockerClient

    from docker_bed.swarm import Swarm


@pytest.fixture(scope="session")
def base_on_swarm(engine: DockerClient, base_image: str, swarm_of_one: Swarm) -> str:
    """The name of an image with Python that the Swarm of one node has."""
    swarm_of_one.load(engine, base_image)
    return base_image


@pytest.fixture(scope="session")
def haproxy_on_swarm(engine: DockerClient, haproxy_image: str, swarm_of_one: Swarm) -> str:
    """The name of HAProxy's image on the Swarm of one node."""
    swarm_of_one.load(engine, haproxy_image)
    return haproxy_image
