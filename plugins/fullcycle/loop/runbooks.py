"""Runbooks as runs: one at a time, on demand or when an alert opens."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from threading import Thread
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError, LockedError
from fullcycle.pipeline.folder import state_folder
from fullcycle.project import actor

from .runbook import by_itself, chain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Alert, Run
    from fullcycle.project import Project
    from fullcycle.settings.schema import Runbook

FOLDER = "runbooks"
"""`.fullcycle/runbooks/`: who works off a runbook now; what was printed where nobody looks."""
ALERT = "FULLCYCLE_ALERT"


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


def when_alert(project: Project, alert: Alert) -> Sequence[str]:
    """Start the runbooks that an alert calls for, each as a process of its own.

    For `observe.alerts.LISTENERS`. An alert is opened once, and so is the runbook started once;
    while it still works on another alert, it is not started a second time. What it prints goes to
    `.fullcycle/runbooks/NAME@ENVIRONMENT.log`.

    Returns:
        what went wrong, one line each.
    """
    if alert.resolved is not None:
        return []
    wanted = [name for name, each in by_itself(project, "alert").items() if _fits(each, alert)]
    return [problem for name in wanted if (problem := _start(project, name, alert))]


def _fits(runbook: Runbook, alert: Alert) -> bool:
    return not runbook.alerts or any(fnmatchcase(alert.name, each) for each in runbook.alerts)


def _start(project: Project, name: str, alert: Alert) -> str:
    place = project.environment_name
    command = [sys.executable, "-m", "fullcycle", "operate.runbook", name, "--env", place]
    try:
        log = state_folder(project.root, FOLDER) / f"{name}@{place}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=project.root,
                env={**os.environ, ALERT: alert.name},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except (OSError, FullcycleError) as error:
        return f"runbook {name} was not started for {alert.name}: {error}"
    Thread(target=process.wait, name=f"runbook {name}", daemon=True).start()
    return ""
