"""BuildKit, through the `docker` program: its SDK has none."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import images
from .builder_faults import build_fault
from .dockerfile import failing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle.providers import Bench

    from .builder_clients import Client
    from .builder_plan import Plan
    from .engine import Engine


def by_buildkit(plan: Plan, client: Client, engine: Engine, bench: Bench) -> str:
    """Build; returns the image's digest.

    Raises:
        StepError: it failed; with the failing line and the log's tail.
    """
    name = f"{plan.app}:building-{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory(prefix="fullcycle-image-") as folder:
        identity = Path(folder, "id")
        begin = [client.path, *engine.flags, *(["buildx"] if client.buildx else []), "build"]
        load = ["--load", "--tag", name] if client.buildx else []
        command = [*begin, *load, "--iidfile", str(identity), *_options(plan), str(plan.context)]
        env = _environment(plan)
        done = bench.run(command, env=env, timeout=plan.timeout, check=False)
        if done.exit_code:
            text = plan.dockerfile.read_text(encoding="utf-8", errors="replace")
            raise build_fault(plan.shown, failing(text, done.tail), done.tail)
        if not client.buildx:
            return identity.read_text().strip()
    # What buildx writes into the file depends on its driver; the Engine knows for sure.
    digest = str(images.require(engine, name)["Id"])
    images.keep(engine, plan.app, images.require(engine, digest))
    images.untag(engine, name)
    return digest


def _options(plan: Plan) -> Iterator[str]:
    yield from ("--progress=plain", "--file", str(plan.dockerfile))
    if plan.target:
        yield from ("--target", plan.target)
    if plan.platforms:
        yield from ("--platform", ",".join(plan.platforms))
    for name, value in plan.args.items():
        yield from ("--build-arg", f"{name}={value}")
    for name, value in plan.labels.items():
        yield from ("--label", f"{name}={value}")
    for name in plan.secrets:
        yield from ("--secret", f"id={name},env={name}")
    for name, path in plan.files.items():
        yield from ("--secret", f"id={name},src={path}")


def _environment(plan: Plan) -> dict[str, str]:
    return {
        "DOCKER_BUILDKIT": "1",
        "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",  # or an image becomes an index, with the time in it
        "SOURCE_DATE_EPOCH": str(plan.epoch),
    }
