"""Clients: the `docker` programs of this machine, and which of them can use BuildKit."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fullcycle.errors import UsageError

from .builder_versions import told

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILT_IN = range(18, 23)
"""Major versions of the client that bring BuildKit themselves; later ones need buildx."""
PLUGINS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
"""Where every client looks for plugins, beside the user's own folder."""
_VERSION = re.compile(r"version (\d+)[^\s,]*")


@dataclass(frozen=True)
class Client:
    """One `docker` program."""

    path: str

    @property
    def buildx(self) -> bool:
        """Whether it has the plugin buildx."""
        return any((folder / "docker-buildx").is_file() for folder in _plugins())

    @property
    def buildkit(self) -> bool:
        """Whether it can have BuildKit build."""
        return self.buildx or self._major in BUILT_IN

    @property
    def lack(self) -> str:
        """Why it can't."""
        return f"{self.path} ({self.version}) lacks the plugin buildx"

    @property
    def version(self) -> str:
        """As it tells: `20.10.24+dfsg1`."""
        return self._told.removeprefix("version ")

    @cached_property
    def _told(self) -> str:
        found = _VERSION.search(told(self.path))
        return found[0] if found else "of unknown version"

    @property
    def _major(self) -> int:
        found = _VERSION.search(self._told)
        return int(found[1]) if found else 0


@dataclass(frozen=True, slots=True)
class Choice:
    """What builds, and why."""

    client: Client | None
    """The client that has BuildKit build; None for the Engine's classic builder."""
    reason: str


def choose(wanted: Literal["auto", "buildkit", "classic"]) -> Choice:
    """The first client on PATH that can use BuildKit, or the classic builder.

    Raises:
        UsageError: BuildKit is demanded, and no client can use it.
    """
    if wanted == "classic":
        return Choice(None, "the settings ask for it")
    lacking: list[str] = []
    for client in clients():
        if client.buildkit:
            by = f"{client.path} with buildx" if client.buildx else f"{client.path}"
            return Choice(client, "; ".join([f"{by} {client.version}", *lacking]))
        lacking.append(client.lack)
    why = "; ".join(lacking) or "there is no docker program on PATH"
    if wanted == "buildkit":
        raise UsageError(
            f"BuildKit cannot be used: {why}",
            hint='install docker-buildx, or set `builder = "auto"` for the environment',
        )
    return Choice(None, f"BuildKit cannot be used: {why}")


def clients() -> Iterator[Client]:
    """All there are on PATH, each once."""
    seen = set()
    for folder in os.get_exec_path():
        path = Path(folder, "docker")
        if os.access(path, os.X_OK) and path.is_file() and path.resolve() not in seen:
            seen.add(path.resolve())
            yield Client(str(path))


def _plugins() -> Iterator[Path]:
    own = os.environ.get("DOCKER_CONFIG")
    yield (Path(own) if own else Path.home() / ".docker") / "cli-plugins"
    yield from map(Path, PLUGINS)
