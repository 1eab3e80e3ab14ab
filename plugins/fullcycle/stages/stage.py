"""A stage as a task: the same few lines for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .command import CHAIN, command

if TYPE_CHECKING:
    from invoke.tasks import Task

    from .call import Call


def stage_task(stage: str, about: str, *, name: str | None = None) -> Task[Any]:
    """The task that runs a stage alone; the default of its collection when it has a name."""

    def body(call: Call) -> None:
        call.run(stage, (stage,))

    body.__doc__ = about
    body.__name__ = stage
    return command(flags=CHAIN, name=name or stage, default=name is not None)(body)
