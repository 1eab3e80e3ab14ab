"""Old runs make room for new ones, with their folders."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection
    from pathlib import Path

KEEP = 200
"""Runs kept where the settings say nothing."""
_RUN_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")


def forget(db: sqlite3.Connection, keep: int) -> list[str]:
    """Delete all but the newest runs, with their steps and reviews; returns their ids.

    What still runs stays, and of every chain the last run that succeeded. Deployments stay: they
    are the history of the environments. Readings go by their age.
    """
    rows = db.execute(
        "SELECT id FROM run WHERE finished IS NOT NULL "
        "AND id NOT IN (SELECT id FROM run ORDER BY started DESC, id DESC LIMIT ?) "
        "AND id NOT IN (SELECT id FROM (SELECT id, row_number() OVER "
        "(PARTITION BY chain ORDER BY started DESC, id DESC) AS place "
        "FROM run WHERE result = 'success') WHERE place = 1)",
        (keep,),
    ).fetchall()
    for table, key in (("step", "run"), ("review", "run"), ("run", "id")):
        db.executemany(f"DELETE FROM {table} WHERE {key} = ?", rows)  # noqa: S608 (names of ours)
    return [row[0] for row in rows]


def remove_folders(folder: Path, gone: Collection[str], known: Collection[str], keep: int) -> None:
    """Remove the folders of forgotten runs, and of old ones that no ledger knows any more.

    Args:
        folder: that of all runs.
        gone: runs that were forgotten just now.
        known: runs in the ledger.
        keep: how many folders stay in any case, the newest.
    """
    there = sorted(path.name for path in folder.glob("*") if _RUN_ID.fullmatch(path.name))
    unknown = [name for name in there[:-keep] if name not in known]
    for name in {*gone, *unknown}:
        shutil.rmtree(folder / name, ignore_errors=True)
