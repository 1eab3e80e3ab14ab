"""Runbooks as runs: one at a time, on demand or because of an alert."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.errors import LockedError
from fullcycle.observe.callout import ALERT, FOLDER
from fullcycle.pipeline.folder import state_folder
from fullcycle.project import actor

from .runbook import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle.model import Run
    from fullcycle.project import Project
    from fullcycle.settings.schema import Runbook


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A runbook, and how it ended last."""

    name: str
    about: str
    on: tuple[str, ...]
    steps: tuple[str, ...]
    last: Run | None
    """Its last run in this environment."""

    def __str__(self) -> str:
        """A line for it, and one for each fact."""
        causes = " and ".join(f"on {cause}" for cause in self.on) or "on demand"
        lines = [f"{self.name}: {self.about}" if self.about else self.name]
        lines.append(f"  {causes}; {', '.join(self.steps)}")
        if self.last is not None:
            lines.append(f"  {self.last.result} {self.last.started:%Y-%m-%d %H:%M} {self.last.by}")
        return "\n".join(lines)


def listed(project: Project) -> list[Listed]:
    """All runbooks, in the order of the settings."""
    return [_listed(project, *each) for each in project.settings.runbooks.items()]


def _listed(project: Project, name: str, runbook: Runbook) -> Listed:
    runs = project.ledger.runs(limit=50, chain=chain(name))
    return Listed(
        name=name,
        about=runbook.about,
        on=runbook.on,
        steps=tuple(step.name for step in runbook.steps),
        last=next((run for run in runs if run.environment == project.environment_name), None),
    )


@contextmanager
def alone(project: Project, name: str) -> Iterator[None]:
    """Keep everybody else on this machine from working off the runbook in the environment.

    The lock goes with the process that holds it, however it ends.

    Raises:
        LockedError: somebody else does already.
    """
    import fcntl

    path = state_folder(project.root, FOLDER) / f"{name}@{project.environment_name}.lock"
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{started_by() or actor()}, process {os.getpid()}".encode(), 0)
        yield
    except BlockingIOError as error:
        by = os.pread(handle, 500, 0).decode(errors="replace")
        raise LockedError(
            f"runbook {name} is being worked off in {project.environment_name} already (by {by})",
            hint="wait until it ends; if it waits for a person, its log says how they answer",
        ) from error
    finally:
        os.close(handle)


def started_by() -> str:
    """The alert that this process was started by; empty for people."""
    alert = os.environ.get(ALERT)
    return f"alert {alert}" if alert else ""
