"""Telling people what happened. A notifier that fails never fails what it tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Notice
    from fullcycle.project import Project


def notify(project: Project, notice: Notice) -> Sequence[str]:
    """Tell everybody whom the settings name; returns what went wrong, one line each.

    Raises nothing.
    """
    from dataclasses import asdict

    from .webhook import post

    message = {**asdict(notice), "at": notice.at.isoformat()}
    problems = (post(url, message) for url in project.settings.operate.announce)
    return [problem for problem in problems if problem]
