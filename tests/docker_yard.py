"""A yard: a project, and what builds images of it."""

from __future__ import annotations

import io
import secrets
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from docker_bed import engine as engines
from fullcycle.errors import UsageError
from fullcycle.providers import Source
from fullcycle.settings.schema import Build
from fullcycle.testing.bench import KitBench
from fullcycle_docker import images
from fullcycle_docker.builder import DockerBuilder
from fullcycle_docker.builder_clients import choose
from fullcycle_docker.engine import Engine
from fullcycle_docker.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from fullcycle.model import Artifact

EPOCH = 1_700_000_000


class Yard:
    """A project, and what builds it."""

    def __init__(self, root: Path, builder: str, base: str) -> None:
        self.app = f"yard-{secrets.token_hex(3)}"
        self.root = root
        self.bench = KitBench(root)
        self.base = base
        self.engine = Engine()
        self.builder = builder

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def dockerfile(self, text: str) -> None:
        self.write("Dockerfile", f"ARG BASE_IMAGE\nFROM $BASE_IMAGE\n{text}")

    def source(self, version: str = "1.0.0", **settings: Any) -> Source:
        return Source(
            app=self.app,
            root=self.root,
            version=version,
            revision="a" * 40,
            dirty=False,
            epoch=EPOCH,
            output=self.root,
            build=Build.model_validate({"base": self.base, **settings}),
            port=8000,
        )

    def build(self, version: str = "1.0.0", **settings: Any) -> Artifact:
        options = Options.model_validate({"builder": self.builder})
        builder = DockerBuilder(self.engine, options)
        return builder.build(self.source(version, **settings), self.bench)

    def inspect(self, artifact: Artifact) -> dict[str, Any]:
        found = images.inspect(self.engine, artifact.digest)
        assert found is not None
        return found

    def run(self, artifact: Artifact, *command: str) -> str:
        told = self.engine.client.containers.run(
            artifact.digest, list(command), remove=True, labels={"fullcycle.app": self.app}
        )
        return bytes(told).decode().strip()

    def git(self) -> None:
        for words in (["init", "-q"], ["add", "-A"]):
            subprocess.run(["git", *words], cwd=self.root, check=True)


def yards(tmp_path: Path, engine: DockerClient, builder: str, base: str) -> Iterator[Yard]:
    root = tmp_path / "project"
    root.mkdir()
    if builder == "buildkit":
        try:
            choose("buildkit")
        except UsageError as error:
            engines.lacking(str(error))
    made = Yard(root, builder, base)
    with engines.cleaned(engine, f"fullcycle.app={made.app}"):
        yield made
    made.engine.client.close()


@pytest.fixture(params=["buildkit", "classic"])
def yard(
    tmp_path: Path, engine: DockerClient, base_image: str, request: pytest.FixtureRequest
) -> Iterator[Yard]:
    """The same for both builders."""
    yield from yards(tmp_path, engine, request.param, base_image)


@pytest.fixture
def modern(tmp_path: Path, engine: DockerClient, base_image: str) -> Iterator[Yard]:
    """With BuildKit only."""
    yield from yards(tmp_path, engine, "buildkit", base_image)


@pytest.fixture
def classic(tmp_path: Path, engine: DockerClient, base_image: str) -> Iterator[Yard]:
    """With the classic builder only."""
    yield from yards(tmp_path, engine, "classic", base_image)


def everything(yard: Yard, artifact: Artifact) -> bytes:
    """All layers and the configuration of an image, uncompressed."""
    saved = b"".join(yard.engine.client.images.get(artifact.digest).save())
    found = [saved]
    with tarfile.open(fileobj=io.BytesIO(saved)) as tar:
        contents = (tar.extractfile(entry) for entry in tar)
        found += [content.read() for content in contents if content is not None]
    return b"".join(found)
