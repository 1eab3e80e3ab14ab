"""Images: how a Swarm's nodes get a release's image, and what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docker.errors import NotFound

from fullcycle.errors import UsageError
from fullcycle_docker.confidential import SHELL
from fullcycle_docker.faults import translated
from fullcycle_docker.images import LOCAL, ensure, inspect, pull, require

if TYPE_CHECKING:
    from fullcycle.model import Release
    from fullcycle.providers import Bench
    from fullcycle_docker.engine import Engine

    from .manager import Manager


@dataclass(frozen=True, slots=True)
class Image:
    """The image of a release."""

    reference: str
    """By which every node finds it."""
    program: tuple[str, ...]
    """What it runs: its ENTRYPOINT and CMD together."""
    entrypoint: tuple[str, ...]
    stop_signal: str
    shell: bool
    """Whether it has one."""
    checks_itself: bool
    """Whether it has a HEALTHCHECK."""


def image_of(manager: Manager, release: Release, bench: Bench | None = None) -> Image:
    """The image of a release, brought to the manager's own Engine to look at it.

    Raises:
        UsageError: there is no registry that other nodes could pull it from.
        StepError: it isn't there any more.
    """
    local = not release.registry or release.registry.startswith(LOCAL)
    if local and len(manager.nodes()) > 1:
        raise UsageError(
            f"{release.app} {release.version} is in no registry, and the Swarm has several nodes",
            hint="set `registry` for the environment and release again: each node pulls from it",
        )
    ident = ensure(manager.engine, release, bench)
    return _look(manager.engine, ident, ident if local else release.registry)


def other_image(manager: Manager, name: str) -> Image:
    """An image that isn't a release's."""
    return _look(manager.engine, name, pinned(manager, name))


def pinned(manager: Manager, name: str) -> str:
    """An image that isn't a release's by its digest, or by its identity where there is one node.

    The Swarm asks a registry for whatever is named by a tag, each time anew.
    """
    if inspect(manager.engine, name) is None:
        pull(manager.engine, name)
    found = require(manager.engine, name)
    if found["RepoDigests"]:
        return str(found["RepoDigests"][0])
    return str(found["Id"]) if len(manager.nodes()) == 1 else name


def _look(engine: Engine, ident: str, reference: str) -> Image:
    config: dict[str, Any] = require(engine, ident)["Config"] or {}
    entrypoint = tuple(config.get("Entrypoint") or ())
    check = (config.get("Healthcheck") or {}).get("Test") or ["NONE"]
    return Image(
        reference=reference,
        program=(*entrypoint, *(config.get("Cmd") or ())),
        entrypoint=entrypoint,
        stop_signal=config.get("StopSignal") or "SIGTERM",
        shell=_has_shell(engine, ident),
        checks_itself=check != ["NONE"],
    )


def _has_shell(engine: Engine, ident: str) -> bool:
    """Look into the image by a container that never runs."""
    with translated("looking for a shell", engine.address):
        made = engine.api.create_container(ident, command=[SHELL], network_disabled=True)
        try:
            engine.api.get_archive(made["Id"], SHELL)
        except NotFound:
            return False
        finally:
            engine.api.remove_container(made["Id"], force=True, v=True)
    return True
