"""Steps out of the commands in the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.pipeline.step import Command, Step

if TYPE_CHECKING:
    from fullcycle.settings.schema import CommandStep


def command_step(stage: str, name: str, settings: CommandStep) -> Step:
    """The step `stage.name` that runs the user's command."""
    return Step(
        name=f"{stage}.{name}",
        action=Command(run=settings.run, env=settings.env),
        needs=frozenset(settings.needs),
        always=settings.always,
        timeout=settings.timeout,
        retries=settings.retries,
    )
