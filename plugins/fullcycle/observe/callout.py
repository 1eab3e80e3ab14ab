"""Callout: an alert that opens starts the runbooks that answer it."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Thread
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.pipeline.folder import state_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Alert
    from fullcycle.project import Project

FOLDER = "runbooks"
"""`.fullcycle/runbooks/`: who works off a runbook now; what was printed where nobody looks."""
ALERT = "FULLCYCLE_ALERT"
"""The variable that names the alert to a runbook that it has started."""


def when_alert(project: Project, alert: Alert) -> Sequence[str]:
    """Start the runbooks that an alert calls for, each as a process of its own.

    An alert is opened once, and so is the runbook started once; while somebody works it off
    already, it ends at once. What it prints goes to `.fullcycle/runbooks/NAME@ENVIRONMENT.log`.

    Returns:
        what went wrong, one line each.
    """
    if alert.resolved is not None:
        return []
    runbooks, place = project.settings.runbooks, project.environment_name
    wanted = [name for name, each in runbooks.items() if each.answers(alert.name, place)]
    return [problem for name in wanted if (problem := _start(project, name, alert))]


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
