"""Pruning: what nobody uses leaves the store."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

HALF_WRITTEN = 3600.0
"""Seconds after which a temporary file belongs to nobody any more."""


def prune(folder: Path, most: int, since: float) -> int:
    """Take out what was not used since then, then the longest unused.

    Args:
        folder: the store's folder.
        most: bytes that may stay.
        since: seconds since 1970.

    Returns:
        how many entries went.
    """
    _sweep(folder)
    total, gone = 0, 0
    for each, found in sorted(_kept(folder), key=lambda kept: kept[1].st_mtime, reverse=True):
        total += found.st_size
        if found.st_mtime < since or total > most:
            each.unlink(missing_ok=True)
            gone += each.suffix == ".json"
    return gone


def _sweep(folder: Path) -> None:
    """Take out what a killed process has left half-written."""
    for each in folder.glob("*/*/.new-*"):
        if each.stat().st_mtime < time.time() - HALF_WRITTEN:
            each.unlink(missing_ok=True)


def _kept(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for kind in ("entries", "files"):
        for each in (folder / kind).glob("*/*"):
            if not each.name.startswith("."):
                yield each, each.stat()
