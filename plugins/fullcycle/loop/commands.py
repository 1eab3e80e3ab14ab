"""Steps out of the commands in the settings."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from fullcycle.pipeline.step import Command, Retries, Step

from .recipes import of_command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fullcycle.project import Project
    from fullcycle.settings.steps import CommandStep
    from fullcycle.settings.steps import Retries as Written


def command_step(
    stage: str, name: str, settings: CommandStep, project: Project, reports: Sequence[str] = ()
) -> Step:
    """The step `stage.name` that runs the user's command, and writes `reports`."""
    return Step(
        name=f"{stage}.{name}",
        action=Command(run=settings.run, env=settings.env),
        needs=frozenset(settings.needs),
        uses=frozenset(settings.uses),
        always=settings.always,
        passable=settings.passable,
        timeout=settings.timeout,
        retries=tried_again(settings.retries),
        when=_when(settings, project),
        recipe=of_command(settings, reports),
    )


def tried_again(written: Written) -> Retries:
    """How often a step is tried again, as the settings say."""
    return Retries(times=written.times, on=frozenset(written.on), wait=written.wait)


def _when(settings: CommandStep, project: Project) -> Callable[[], str] | None:
    from fullcycle.settings.steps import When

    if settings.when == When():
        return None
    from .condition import reason

    return partial(reason, settings.when, project)


def task_command(words: Sequence[str]) -> tuple[str, ...]:
    """The command that runs a task of the user's."""
    return (sys.executable, "-m", "fullcycle", *words)
