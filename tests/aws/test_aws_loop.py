"""A small application goes around the whole loop on AWS, as its user's commands take it."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from aws_bed.kit import ENDING
from docker_bed.images import APP
from fullcycle.testing import application
from fullcycle.testing.client import versions, visitors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from aws_bed.account import Account
    from fullcycle.testing.application import Behaviour

UNREACHED = ("--skip", "monitor")
"""Nobody resolves the name that the emulator gives its load balancer."""
SETTINGS = """\
[app]
name = "{app}"
run = "python app.py {{port}}"
port = 8000
health = "/healthz"

[defaults]
env = "production"

[code.syntax]
run = "python -m py_compile app/app.py"

[build]
kind = "image"
base = "{base}"

[test.unit]
run = "true"

[release]
push = false

[environments.production]
provider = "aws"
region = "eu-west-1"
registry = "{registry}"
replicas = 3
health_deadline = 20
strategy = {{ kind = "rolling", batch = 3 }}
"""


class Shop:
    """A repository with an application, and what a user does in it."""

    def __init__(self, folder: Path, account: Account, base: str) -> None:
        self.folder = folder
        self.app = f"loop-{secrets.token_hex(3)}"
        self.url = f"{account.emulator.url}/_alb/{self.app}-production"
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        settings = SETTINGS.format(app=self.app, base=base, registry=account.registry)
        (folder / "fullcycle.toml").write_text(settings)
        (folder / "tasks.py").write_text("from fullcycle import ns\n")
        (folder / ".gitignore").write_text(".fullcycle/\n__pycache__/\n")
        (folder / "Dockerfile").write_text(APP.replace("FROM $BASE_IMAGE\n", ENDING))

    def commit(self, version: str, behaviour: Behaviour = "good") -> None:
        application.write(self.folder, version, behaviour)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"feat: version {version}")

    def git(self, *arguments: str) -> None:
        author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        subprocess.run(["git", *author, *arguments], cwd=self.folder, check=True)

    def invoke(self, *arguments: str, code: int = 0) -> str:
        """What a command prints; it must end with the exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "invoke", *arguments],
            cwd=self.folder,
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == code, done.stdout[-6000:] + done.stderr[-3000:]
        return done.stdout + done.stderr


@pytest.fixture
def shop(
    tmp_path: Path, whole_account: Account, engine: DockerClient, base_image: str
) -> Iterator[Shop]:
    made = Shop(tmp_path / "shop", whole_account, base_image)
    yield made
    for name in {tag for image in engine.images.list() for tag in image.tags}:
        if re.match(rf"(.*/)?{made.app}[:@]", name):
            engine.images.remove(name, force=True)


@pytest.mark.timeout(600)
def test_an_application_goes_around_the_loop(shop: Shop) -> None:
    shop.commit("one")
    shop.invoke("deploy.provision")
    shop.invoke("full-cycle", *UNREACHED)
    assert versions(shop.url) == {"one"}

    shop.commit("two")
    with visitors(shop.url) as trouble:
        shop.invoke("build", "release", "deploy")
    assert trouble == []
    assert versions(shop.url) == {"two"}

    shop.commit("three", "crashing")
    shop.invoke("build", "release")
    assert "boom: three cannot start" in shop.invoke("deploy", code=3)
