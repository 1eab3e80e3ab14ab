"""FileHistory: the deployments of an environment, one file each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import Deployment
from fullcycle.pipeline.codec import dump, parse
from fullcycle.rollout.retention import kept

from .home import write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .home import Home

KEEP = 200
"""Deployments kept, the newest; beside them as many that only scaled."""


class FileHistory:
    """`deployments/ID.json` in the home. An id sorts by time, so the files do too."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def record(self, deployment: Deployment) -> None:
        """See History.record."""
        folder = self._home.folder("deployments")
        write(folder / f"{deployment.id}.json", dump(deployment))
        files = {file.stem: file for file in folder.glob("*.json")}
        if len(files) > KEEP:
            keep = kept({ident: file.read_bytes() for ident, file in files.items()}, KEEP)
            for ident in files.keys() - keep:
                files[ident].unlink(missing_ok=True)

    def list(self, limit: int = 50) -> Sequence[Deployment]:
        """See History.list."""
        files = sorted((self._home.root / "deployments").glob("*.json"), reverse=True)
        return [parse(Deployment, file.read_bytes(), file) for file in files[:limit]]
