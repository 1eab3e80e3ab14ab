"""The conformance kit on a Swarm of the bed, whose only node builds the images."""

from __future__ import annotations

import secrets
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from fullcycle.model import Release
from fullcycle.testing import Contract, application
from fullcycle.testing.contract import Kit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

    from docker_bed.swarm import Swarm
    from fullcycle.providers import Target
    from fullcycle.testing.application import Behaviour

DOCKERFILE = """\
ARG BASE_IMAGE
FROM $BASE_IMAGE
WORKDIR /srv
COPY app .
CMD ["python", "app.py", "8000"]
"""


class SwarmKit(Kit):
    """Builds on the Swarm's only node."""

    client: ClassVar[DockerClient]
    base: ClassVar[str]

    def release(self, version: str, behaviour: Behaviour = "good") -> Release:
        """A version of the application, in no registry."""
        return Release(
            app=self.target.app,
            version=version,
            digest=image(self.client, self.base, version, behaviour),
            kind="image",
            registry="",
            revision="0" * 40,
            created=datetime(2026, 1, 1, tzinfo=UTC),
            released_by="kit@contract",
        )


class SwarmContract(Contract):
    """A Swarm of one node."""

    provider_name = "docker"

    @pytest.fixture
    def options(self, swarm_of_one: Swarm, haproxy_on_swarm: str) -> dict[str, Any]:
        host = swarm_of_one.nodes[0].url
        return {"host": host, "orchestrator": "swarm", "proxy": haproxy_on_swarm}

    @pytest.fixture
    def kit(
        self, target: Target, tmp_path: Path, swarm_of_one: Swarm, base_on_swarm: str
    ) -> Iterator[SwarmKit]:
        SwarmKit.client, SwarmKit.base = swarm_of_one.manager, base_on_swarm
        made = SwarmKit(self, target, tmp_path)
        yield made
        made.clean()

    def command(self) -> str:
        return "python app.py {port}"


def image(client: DockerClient, base: str, version: str, behaviour: Behaviour = "good") -> str:
    """The identity of an image of fullcycle's test application, made once for every Engine."""
    from docker.errors import ImageNotFound

    tag = f"kit-app:{version}-{behaviour}"
    try:
        return str(client.images.get(tag).id)
    except ImageNotFound:
        pass
    with tempfile.TemporaryDirectory(prefix=secrets.token_hex(2)) as folder:
        application.write(Path(folder), version, behaviour)
        Path(folder, "Dockerfile").write_text(DOCKERFILE)
        built, _ = client.images.build(
            path=folder, tag=tag, rm=True, buildargs={"BASE_IMAGE": base}
        )
    return str(built.id)
