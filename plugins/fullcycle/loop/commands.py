"""Steps out of the commands in the settings."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fullcycle.pipeline.step import Command, Retries, Step

from .recipes import of_command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fullcycle.project import Project
    from fullcycle.settings.steps import CommandStep


def command_step(
    stage: str, name: str, settings: CommandStep, project: Project, reports: Sequence[str] = ()
) -> Step:
    """The step `stage.name` that runs the user's command, and writes `reports`."""
    retries = settings.retries
    return Step(
        name=f"{stage}.{name}",
        action=Command(run=settings.run, env=settings.env),
        needs=frozenset(settings.needs),
        uses=frozenset(settings.uses),
        always=settings.always,
        passable=settings.passable,
        timeout=settings.timeout,
        retries=Retries(times=retries.times, on=frozenset(retries.on), wait=retries.wait),
        when=_when(settings, project),
        recipe=of_command(settings, reports),
    )


def _when(settings: CommandStep, project: Project) -> Callable[[], str] | None:
    from fullcycle.settings.steps import When

    if settings.when == When():
        return None
    from .condition import reason

    return partial(reason, settings.when, project)
