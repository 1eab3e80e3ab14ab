"""The conformance kit on the Engine of this machine."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from docker_bed import images
from docker_bed.engine import LABEL, clean, cleaned
from docker_bed.own import OwnEngine, own_engine
from fullcycle.model import Release
from fullcycle.testing import Contract
from fullcycle.testing.application import Behaviour
from fullcycle.testing.contract import Kit
from fullcycle_docker.labels import APP

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient

    from fullcycle.providers import Target

Images = Callable[[str, Behaviour], str]


@contextmanager
def built(engine: DockerClient, base_image: str) -> Iterator[Images]:
    """The identities of images of the kit's application, each built once for all tests."""
    made: dict[tuple[str, Behaviour], str] = {}
    with cleaned(engine, f"{LABEL}={secrets.token_hex(4)}") as label:

        def image(version: str, behaviour: Behaviour) -> str:
            key = (version, behaviour)
            if key not in made:
                tag = f"kit:{secrets.token_hex(4)}"
                made[key] = images.app_image(
                    engine, base_image, version, behaviour, tag=tag, label=label
                )
            return made[key]

        yield image


@pytest.fixture(scope="session")
def kit_images(engine: DockerClient, base_image: str) -> Iterator[Images]:
    """As `built`, on the Engine of this machine."""
    with built(engine, base_image) as made:
        yield made


@pytest.fixture(scope="session", name="own")
def own_(engine: DockerClient, base_image: str, haproxy_image: str) -> Iterator[OwnEngine]:
    """An Engine on another machine, that tests may kill if they start it again."""
    with own_engine() as made:
        made.load(engine, base_image, haproxy_image)
        yield made


@pytest.fixture(scope="session")
def own_images(own: OwnEngine, base_image: str) -> Iterator[Images]:
    """As `built`, on that Engine."""
    with built(own.client, base_image) as made:
        yield made


class DockerKit(Contract):
    """The provider under test, on one Engine; nothing is left of an environment."""

    provider_name = "docker"

    @pytest.fixture
    def options(self, haproxy_image: str) -> dict[str, Any]:
        return {"orchestrator": "engine", "proxy": haproxy_image}

    @pytest.fixture
    def kit(
        self, target: Target, tmp_path: Path, engine: DockerClient, kit_images: Images
    ) -> Iterator[Kit]:
        """Everything a test needs, without building and publishing."""
        made = BuiltKit(self, target, tmp_path, kit_images)
        try:
            yield made
            made.clean()
        finally:
            clean(engine, f"{APP}={target.app}")

    def command(self) -> str:
        return "python app.py {port}"

    def worker(self) -> str:
        return "python app.py work"


class OwnKit(DockerKit):
    """The same on an Engine that is another machine's."""

    @pytest.fixture
    def options(self, own: OwnEngine, haproxy_image: str) -> dict[str, Any]:
        return {
            "orchestrator": "engine",
            "proxy": haproxy_image,
            "host": own.url,
            "bind": "0.0.0.0",  # noqa: S104 (of a machine that only this one reaches)
        }

    @pytest.fixture
    def kit(
        self, target: Target, tmp_path: Path, own: OwnEngine, own_images: Images
    ) -> Iterator[Kit]:
        made = BuiltKit(self, target, tmp_path, own_images)
        try:
            yield made
            made.clean()
        finally:
            clean(own.client, f"{APP}={target.app}")


class BuiltKit(Kit):
    """An environment whose releases are images that the Engine holds already."""

    def __init__(self, contract: Contract, target: Target, folder: Path, made: Images) -> None:
        super().__init__(contract, target, folder)
        self._images = made

    def release(self, version: str, behaviour: Behaviour = "good") -> Release:
        """A version of the application that is only in the Engine."""
        return Release(
            app=self.target.app,
            version=version,
            digest=self._images(version, behaviour),
            kind="image",
            registry=f"engine://{version}",
            revision="0" * 40,
            created=datetime(2026, 1, 2, tzinfo=UTC),
            released_by="kit@contract",
        )
