"""Emulators of AWS: processes on free ports, each with what its tests started."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

from aws_bed.tools import program
from docker_bed.engine import gone
from docker_bed.waiting import until
from fullcycle.testing.contract import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docker import DockerClient

REGION = "eu-west-1"
GRACE = 15
"""Seconds that an emulator may take to end."""


@dataclass(frozen=True)
class Emulator:
    """One that answers."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where the SDK finds it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def registry(self) -> str:
        """Where images are pushed to."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def ministack(engine: DockerClient, *, auth: bool = False) -> Iterator[Emulator]:
    """ECS tasks are containers of the Engine; with `auth` it enforces IAM's policies.

    Nothing of it, and no container that it started, is left at the end.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="fullcycle-ministack-") as folder:
        environ = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            "IOT_MTLS_ENABLED": "0",
            "STATE_DIR": folder,
            "S3_DATA_DIR": f"{folder}/s3",
            "AUTH": "true" if auth else "false",
        }
        try:
            command = ("python", str(Path(__file__).with_name("patient.py")))
            with _serving(Path(folder), command, environ, port, "_ministack/health") as one:
                yield one
        finally:
            _remove_containers(engine, port)


@contextmanager
def moto() -> Iterator[Emulator]:
    """For what ministack lacks; runs nothing."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="fullcycle-moto-") as folder:
        command = ("moto_server", "-H", "127.0.0.1", "-p", str(port))
        with _serving(Path(folder), command, {}, port, "moto-api/data.json") as one:
            yield one


@contextmanager
def _serving(
    folder: Path, command: tuple[str, ...], environ: Mapping[str, str], port: int, health: str
) -> Iterator[Emulator]:
    program_, *arguments = command
    guard = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()
    made = Emulator(port, folder / "log")
    with made.log.open("wb") as log:
        server = subprocess.Popen(
            [*guard, program(program_), *arguments],
            env={**_clean(), **environ},
            stdout=log,
            stderr=log,
        )
    try:
        until(lambda: _answers(f"{made.url}/{health}", server), f"{program_} on {port}", made.log)
        yield made
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(GRACE)
        server.kill()
        server.wait()


def _clean() -> dict[str, str]:
    """The environment without what a test set for the SDK, which emulators use themselves."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def _answers(url: str, server: subprocess.Popen[bytes]) -> bool:
    assert server.poll() is None, f"it ended with {server.returncode}"
    with suppress(OSError), urlopen(url, timeout=5):  # noqa: S310 (always http)
        return True
    return False


def _remove_containers(engine: DockerClient, port: int) -> None:
    label = f"ministack.instance={socket.gethostname()}:{port}"
    for container in engine.containers.list(all=True, filters={"label": label}):
        gone(partial(container.remove, force=True, v=True))
