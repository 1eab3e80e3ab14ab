"""Step: the smallest thing a run does, and what it is lent while it does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from fullcycle.providers import Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class StepContext(Bench, Protocol):
    """What a step's function gets: the bench, and a place for what it achieved."""

    name: str
    root: Path
    environ: Mapping[str, str]
    """Variables every command of this run gets, beside the process' own."""

    def summarize(self, text: str) -> None:
        """Say in a few words what was achieved, for the summary table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command of the user's, as a step."""

    run: str | tuple[str, ...]
    """A string is a shell command, as the user wrote it; a tuple is program and arguments."""
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A node of a run's graph."""

    name: str
    """Unique in the run: `code.lint`, `deploy`."""
    action: Command | Callable[[StepContext], object]
    needs: frozenset[str] = frozenset()
    """Names of steps that must have succeeded (or been skipped) before."""
    after: frozenset[str] = frozenset()
    """Names of steps that must have ended before, however they ended."""
    always: bool = False
    """Runs even when what it needs failed, or the run was cancelled: the `finally` of a run."""
    timeout: float | None = None
    """Seconds, per attempt."""
    retries: int = 0
    """How often a failed attempt is tried again."""
    show: bool = False
    """Its output is what the user asked for: shown even when it succeeds."""
    describe: str = ""
    """What it would do, for `--dry` and the live display; a command describes itself."""
