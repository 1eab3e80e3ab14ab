"""A build of an image in which nothing has changed, against each docker client's own.

All build the same Dockerfile from the same folder, with 500 MB beside it that `.dockerignore`
names. Ours is the builder as a step calls it: the choice of the client, the build, the question
what came of it.
"""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .measure import BenchmarkError, Report, Sample, command, in_turn
from .scratch import project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from fullcycle_docker.builder import DockerBuilder

IGNORED_BYTES = 500_000_000
MOST = 0.15
"""Seconds it should take at most."""
DOCKERFILE = "FROM scratch\nCOPY app /app\nLABEL one=1 two=2\nENV A=b\n"


def run(rounds: int) -> Report:
    """Seconds on the clock for one build."""
    files = {"Dockerfile": DOCKERFILE, "app": "x\n", ".dockerignore": "data\n"}
    app = f"bench-{secrets.token_hex(3)}"
    with ExitStack() as stack:
        folder = stack.enter_context(project(files))
        (folder / "data").mkdir()
        _fill(folder / "data" / "big")
        stack.callback(_clean, app)
        samples = dict(_ours(app, folder)) | dict(_theirs(app, folder))
        costs = in_turn(samples, rounds)
    ours = costs.pop("fullcycle")
    verdict = "holds" if ours <= MOST else "DOES NOT HOLD"
    return Report(
        name="build",
        unit="seconds",
        ours=ours,
        peers=costs,
        against=min((name for name in costs if "docker" in name), key=lambda name: costs[name]),
        goal=1.1,
        notes=(f"goal ≤ {MOST} s: {verdict}",),
    )


def _ours(app: str, folder: Path) -> Iterator[tuple[str, Sample]]:
    """With what the settings choose by themselves, and with the classic builder."""
    from fullcycle_docker.builder import DockerBuilder
    from fullcycle_docker.engine import Engine
    from fullcycle_docker.options import Options

    for name, builder in (("fullcycle", "auto"), ("fullcycle, classic", "classic")):
        made = DockerBuilder(Engine(), Options.model_validate({"builder": builder}))
        yield name, partial(_timed, made, app, folder)


def _timed(builder: DockerBuilder, app: str, folder: Path) -> float:
    from fullcycle.providers import Source
    from fullcycle.settings.schema import Build
    from fullcycle.testing.bench import KitBench

    source = Source(
        app=app,
        root=folder,
        version="1.0.0",
        revision="0" * 40,
        dirty=False,
        epoch=1_700_000_000,
        output=folder,
        build=Build(kind="image"),
    )
    begun = perf_counter()
    builder.build(source, KitBench(folder))
    return perf_counter() - begun


def _theirs(app: str, folder: Path) -> Iterator[tuple[str, Sample]]:
    """Every client with every builder it has."""
    from fullcycle_docker.builder_clients import clients

    found = False
    for client in clients():
        found = True
        for name, on in (("BuildKit", "1"), ("classic", "0")):
            if on == "1" and not client.buildkit:
                continue
            words = ["env", f"DOCKER_BUILDKIT={on}", client.path, "build", "--quiet"]
            words += ["--label", f"fullcycle.app={app}", "."]
            yield f"docker {client.version} {name}", partial(_clocked, words, folder)
    if not found:
        raise BenchmarkError("there is no docker program on PATH")


def _clocked(words: list[str], folder: Path) -> float:
    return command(words, cwd=folder).wall


def _fill(path: Path) -> None:
    """Bytes that nothing can compress or skip."""
    block = os.urandom(1_000_000)
    with path.open("wb") as file:
        for _ in range(IGNORED_BYTES // len(block)):
            file.write(block)


def _clean(app: str) -> None:
    from fullcycle_docker.engine import Engine

    api = Engine().api
    filters: Mapping[str, Any] = {"label": f"fullcycle.app={app}"}
    for each in api.images(filters=dict(filters)):
        api.remove_image(each["Id"], force=True)
