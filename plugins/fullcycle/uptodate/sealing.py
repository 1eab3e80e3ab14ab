"""Sealing: what there is to remember of a run in which every step was up to date."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import fullcycle
from fullcycle.errors import FullcycleError
from fullcycle.pipeline.folder import NAME

from .seal import MOST, OURS, digest, put, signature, surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ground import Ground


def seal(ground: Ground, request: object, configured: object, rows: Mapping[str, str]) -> None:
    """Seal the moment; not when a step ran, or something is too young or too involved for it."""
    if ground.ran or ground.now.facts.detached:
        return
    hashes, moment = ground.hashes, ground.now
    with suppress(FullcycleError, OSError):
        _look(ground, rows)
        git = moment.sealed
        if hashes.unsteady or git is None or len(hashes.seen) > MOST:
            return
        sealed = {
            "configured": digest(json.dumps(configured, default=str)),
            "names": sorted(ground.names),
            "environ": surroundings(os.environ, ground.names),
            "path": ground.environ["PATH"],
            "witnesses": hashes.seen,
            "git": {**git, "references": moment.facts.seen} if git else None,
            "said": moment.tools.asked,
            "rows": list(rows.items()),
        }
        put(ground.root, request, sealed)


def _look(ground: Ground, rows: Mapping[str, str]) -> None:
    """See what no step has looked at: settings, the hand-over, the memory, fullcycle itself."""
    for name in (*OURS, f"{NAME}/handoff/artifact.json"):
        ground.hashes.look(str(ground.root / name))
    ground.hashes.look(str(fullcycle.__file__))
    for name in rows:
        file = str(ground.memory.file(name))
        # Never young: a new file takes the place of the old one.
        ground.hashes.seen[file] = signature(os.lstat(file))
