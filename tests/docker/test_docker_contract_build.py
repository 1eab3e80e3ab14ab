"""The docker provider keeps the contract of builders, registries and tryouts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from docker_bed import engine as engines
from docker_bed.images import APP
from fullcycle.settings.schema import Build
from fullcycle.testing import BuilderContract, RegistryContract
from fullcycle.testing.contract import Contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

    from fullcycle.providers import Source, Target
    from fullcycle.testing.application import Behaviour
    from fullcycle.testing.contract import Kit


class Docker(Contract):
    """The provider under test; nothing of the application stays in the Engine."""

    provider_name = "docker"
    base = ""

    @pytest.fixture(autouse=True)
    def _cleaned(self, engine: DockerClient, target: Target, base_image: str) -> Iterator[None]:
        type(self).base = base_image
        with engines.cleaned(engine, f"fullcycle.app={target.app}"):
            yield

    def source(self, kit: Kit, version: str, behaviour: Behaviour) -> Source:
        made = super().source(kit, version, behaviour)
        (made.root / "Dockerfile").write_text(APP)
        return replace(made, build=Build.model_validate({"kind": "image", "base": self.base}))

    def command(self) -> str:
        return "python app.py {port}"


class Builder(Docker, BuilderContract):
    def broken(self, kit: Kit) -> Source:
        made = kit.source()
        with (made.root / "Dockerfile").open("a") as file:
            file.write("RUN echo no such luck; exit 3\n")
        return made


class TestBuildKit(Builder):
    pass


class TestClassicBuilder(Builder):
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"builder": "classic"}


class TestEngineRegistry(Docker, RegistryContract):
    pass


class TestRemoteRegistry(Docker, RegistryContract):
    @pytest.fixture
    def options(self, registry_host: str) -> dict[str, Any]:
        return {"registry": f"{registry_host}/team"}
