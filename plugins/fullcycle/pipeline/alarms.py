"""Stored alerts. One of a name is open at a time in an environment, whoever finds it first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from fullcycle.model import Alert

from .codec import dump, parse

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from .store import Store


def begin(store: Store, alert: Alert) -> bool:
    """Record an alert; False when it is open already."""
    row = (alert.environment, alert.name, alert.opened.timestamp(), dump(alert))

    def add(db: sqlite3.Connection) -> bool:
        insert = "INSERT OR IGNORE INTO alert (environment, name, opened, data) VALUES (?, ?, ?, ?)"
        return db.execute(insert, row).rowcount > 0

    return store.write(add)


def end(store: Store, environment: str, name: str, at: datetime) -> Alert | None:
    """Record that an alert is over; returns it, or None when it isn't open."""

    def close(db: sqlite3.Connection) -> Alert | None:
        rows = db.execute(
            "SELECT rowid, data FROM alert WHERE environment = ? AND name = ? AND resolved IS NULL",
            (environment, name),
        ).fetchall()
        if not rows:
            return None
        over = replace(parse(Alert, rows[0][1], f"alert {name}"), resolved=at)
        db.execute(
            "UPDATE alert SET resolved = ?, data = ? WHERE rowid = ?",
            (at.timestamp(), dump(over), rows[0][0]),
        )
        return over

    return store.write(close)


def find(
    store: Store, environment: str | None, *, only_open: bool = False, limit: int = 100
) -> list[Alert]:
    """The last ones, newest first."""
    rows = store.read(
        "SELECT name, data FROM alert WHERE (? IS NULL OR environment = ?)"
        " AND (resolved IS NULL OR NOT ?) ORDER BY opened DESC, rowid DESC LIMIT ?",
        (environment, environment, only_open, limit),
    )
    return [parse(Alert, cast("str", data), f"alert {name}") for name, data in rows]
