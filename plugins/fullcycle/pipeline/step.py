"""Step: the smallest thing a run does, and what it is lent while it does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from fullcycle.providers import Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from fullcycle.uptodate.recipe import Recipe


class StepContext(Bench, Protocol):
    """What a step's function gets: the bench, and a place for what it achieved."""

    name: str
    root: Path
    environ: Mapping[str, str]
    """Variables every command of this run gets, beside the process' own."""
    exit_code: int | None
    """What the last command exited with; `retries` may ask for it."""

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
class Retries:
    """How often a failed attempt is tried again, after what, and when."""

    times: int
    """Further attempts, after the first."""
    on: frozenset[int] = frozenset()
    """Exit codes worth another attempt; any failure and a timeout, when there are none."""
    wait: float = 0.0
    """Seconds before the first further attempt; twice as long before each one after it."""
    longest: float = 60.0
    """Seconds that a wait has at most."""

    def seconds(self, attempt: int) -> float:
        """How long to wait after that attempt, counted from 1."""
        longest = max(self.wait, self.longest)
        return float(min(self.wait * 2.0 ** (attempt - 1), longest))


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
    retries: int | Retries = 0
    """How often a failed attempt is tried again."""
    passable: bool = False
    """What needs it runs even when it fails; the run has failed all the same."""
    uses: frozenset[str] = frozenset()
    """What it needs for itself: two steps with the same tag never run at the same time. With a
    number, `db:2`, that many may."""
    when: Callable[[], str] | None = None
    """Says why it isn't the time for this step; empty when it is. Then it counts as done."""
    recipe: Recipe | None = None
    """What its result depends on; it always runs without one."""
    show: bool = False
    """Its output is what the user asked for: shown even when it succeeds."""
    describe: str = ""
    """What it would do, for `--dry` and the live display; a command describes itself."""
