"""This repository's dashboard goes around the whole loop as containers, and is operated there."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from fullcycle.testing.contract import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

ROOT = Path(__file__).parents[2]
QUICK = ("--skip", "code", "--skip", "test.unit")
"""What other tests show, and takes minutes."""


class Checkout:
    """A clone of this repository, with an application name of its own."""

    def __init__(self, folder: Path, base: str, proxy: str) -> None:
        self.folder = folder
        self.app = f"loop-{secrets.token_hex(3)}"
        self.port = free_port()
        self.environ = {
            **os.environ,
            "NO_COLOR": "1",
            "FULLCYCLE_APP__NAME": self.app,
            "FULLCYCLE_BUILD__BASE": base,
            "FULLCYCLE_ENVIRONMENTS__DOCKER__PORT": str(self.port),
            "FULLCYCLE_ENVIRONMENTS__DOCKER__PROXY": proxy,
            "FULLCYCLE_MONITOR__THRESHOLDS__RESPONSE": "30",
        }
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
        self.git("checkout", "-q", "-B", "main")

    def git(self, *arguments: str) -> None:
        author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        subprocess.run(["git", *author, *arguments], cwd=self.folder, check=True)

    def invoke(self, *arguments: str, code: int = 0) -> str:
        """What a command prints; it must end with the exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "invoke", *arguments],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == code, done.stdout[-6000:] + done.stderr[-3000:]
        return done.stdout

    def runs(self) -> list[dict[str, object]]:
        """The runs that the deployed dashboard shows, newest first."""
        with urlopen(f"http://127.0.0.1:{self.port}/api/runs", timeout=30) as answer:
            found: list[dict[str, object]] = json.load(answer)["runs"]
        return found


@pytest.fixture
def checkout(
    engine: DockerClient, base_image: str, haproxy_image: str, tmp_path: Path
) -> Iterator[Checkout]:
    made = Checkout(tmp_path / "clone", base_image, haproxy_image)
    yield made
    remove = [sys.executable, "-m", "invoke", "deploy.remove", "--env", "docker", "--approve"]
    subprocess.run(remove, cwd=made.folder, env=made.environ, check=False, timeout=120)
    mine = f"fullcycle.app={made.app}"
    for container in engine.containers.list(all=True, filters={"label": mine}):
        container.remove(force=True)
    for volume in engine.volumes.list(filters={"label": mine}):
        volume.remove()
    names = {tag for image in engine.images.list() for tag in image.tags}
    for name in names:
        if re.match(rf"{made.app}(\.\w+)?:", name):
            engine.images.remove(name, force=True)


@pytest.mark.timeout(900)
def test_the_dashboard_goes_around_the_loop_as_containers(
    checkout: Checkout, engine: DockerClient
) -> None:
    said = checkout.invoke("full-cycle", "--env", "docker", *QUICK)

    assert said.splitlines()[-1].endswith(f"http://127.0.0.1:{checkout.port}")
    (run,) = checkout.runs()
    assert (run["chain"], run["result"]) == ("full-cycle", "success")
    replicas = engine.containers.list(
        filters={"label": [f"fullcycle.app={checkout.app}", "fullcycle.role=replica"]}
    )
    assert len(replicas) == 2

    status = checkout.invoke("deploy.status", "--env", "docker")
    image = replicas[0].image
    assert image
    assert str(image.id)[:19] in status
    assert "dashboard of" in checkout.invoke("operate.logs", "--env", "docker")
    assert "2 → 1" in checkout.invoke("scale", "--replicas", "1", "--env", "docker")
    assert "/app" in checkout.invoke("operate.run", "--command", "pwd", "--env", "docker")
    checkout.invoke("operate.exec", "--command", "exit 7", "--env", "docker", code=7)
    assert "is as released" in checkout.invoke("release.verify", "--env", "docker")
