"""Run: one execution of a chain of stages, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 (read at run time when records are parsed)
from enum import StrEnum


class Result(StrEnum):
    """How a step or a run ended.

    OpenTelemetry's values of `cicd.pipeline.result`, and two for what has not ended.
    """

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"
    TIMEOUT = "timeout"
    CANCELLATION = "cancellation"
    SKIP = "skip"

    @property
    def bad(self) -> bool:
        """Whether what needs this step must not run."""
        return self in {Result.FAILURE, Result.ERROR, Result.TIMEOUT, Result.CANCELLATION}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """What became of one step."""

    name: str
    """As `--only` and `--skip` take it: `test.unit`."""
    result: Result
    started: datetime | None = None
    """None when it never ran."""
    finished: datetime | None = None
    seconds: float = 0.0
    """Of all its attempts together."""
    exit_code: int | None = None
    """Of its command; None when it has none, or did not get that far."""
    attempts: int = 0
    """How often it was tried; 0 when it never ran."""
    reason: str = ""
    """Why it failed or was skipped."""
    summary: str = ""
    """What it achieved, in a few words: `212 passed`, `sha256:4f2a… 12 MB`."""
    log: str = ""
    """Its log file, relative to the run's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a chain."""

    id: str
    """Sortable by time: `20261122-153702-4f2a`."""
    chain: str
    """What was asked for: `ci`, `full-cycle`, `deploy`."""
    result: Result
    started: datetime
    finished: datetime | None = None
    """None while it runs."""
    environment: str = ""
    """Where it deploys to."""
    revision: str = ""
    """The git commit that was checked out; empty without git."""
    version: str = ""
    """The application's version, where it was known from the start."""
    by: str = ""
    """Who ran it: `user@host`."""
    reason: str = ""
    """Why it did not end well, where that is not a step's failure: who interrupted it."""
    steps: tuple[StepRecord, ...] = ()
    """In the order they can run."""
