"""Every command of the page about Docker does what the page says."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from docs_reader import DOCS, PREPARED, Reader, free_ports, tutorial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

AWAY = ["invoke", "deploy.teardown", "--env", "staging", "--confirm", "staging"]


@dataclass
class Learner:
    """A reader whose shop has a name of its own, and images that need no pulling."""

    reader: Reader
    app: str
    base: str
    proxy: str

    def settle(self) -> None:
        self.reader.run(
            f"export FULLCYCLE_APP__NAME={self.app} FULLCYCLE_BUILD__BASE={self.base}"
            f" FULLCYCLE_ENVIRONMENTS__STAGING__PROXY={self.proxy}"
            " FULLCYCLE_ENVIRONMENTS__STAGING__PROVIDER=docker"
        )

    def leave(self, engine: DockerClient) -> None:
        self.reader.run(" ".join(AWAY))
        for image in engine.images.list():
            for tag in image.tags:
                if tag.startswith((f"{self.app}:", f"{self.app}.")):
                    engine.images.remove(tag, force=True)


@pytest.fixture
def learner(
    engine: DockerClient, base_image: str, haproxy_image: str, tmp_path: Path
) -> Iterator[Learner]:
    ports = dict(zip(("8000", "8001"), free_ports(2), strict=True))
    app = f"shop-{secrets.token_hex(3)}"
    one = Learner(Reader(tmp_path, ports), app, base_image, haproxy_image)
    yield one
    one.leave(engine)


@pytest.mark.timeout(300)
def test_the_commands_of_the_page_work(learner: Learner) -> None:
    learner.reader.follow(tutorial().partition(PREPARED)[0])
    learner.settle()
    learner.reader.follow((DOCS / "how-to" / "docker.md").read_text(encoding="utf-8"))
