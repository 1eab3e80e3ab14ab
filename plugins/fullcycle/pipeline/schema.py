"""The ledger's tables. A change that older versions cannot read raises VERSION."""

from __future__ import annotations

VERSION = 1

TABLES = """
CREATE TABLE IF NOT EXISTS run (
    id TEXT PRIMARY KEY,
    chain TEXT NOT NULL,
    result TEXT NOT NULL,
    started REAL NOT NULL,
    finished REAL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    born REAL NOT NULL,
    data TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS run_started ON run (started);
CREATE INDEX IF NOT EXISTS run_chain ON run (chain, started);
CREATE TABLE IF NOT EXISTS step (
    run TEXT NOT NULL,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deployment (
    id TEXT NOT NULL,
    environment TEXT NOT NULL,
    started REAL NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (id, environment)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deployment_started ON deployment (started);
CREATE TABLE IF NOT EXISTS reading (
    run TEXT NOT NULL,
    at REAL NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS reading_at ON reading (at);
CREATE TABLE IF NOT EXISTS review (
    run TEXT NOT NULL,
    at REAL NOT NULL,
    findings TEXT NOT NULL
);
"""
