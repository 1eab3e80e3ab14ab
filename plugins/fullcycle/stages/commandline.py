"""The command line as it is now: all tasks, with their flags."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.collection import Collection

    from fullcycle.completion.words import Commands


def commands() -> Commands:
    """What can be written, for completion."""
    from invoke.program import Program

    from fullcycle.completion.words import Commands

    from .chains import LINKS
    from .tasks import known_tasks

    return Commands(
        core=Program().initial_context,
        tasks=loaded().to_contexts(),
        chains=dict(LINKS),
        own=known_tasks(),
    )


def loaded() -> Collection:
    """The project's collection; ours where it has no tasks.py."""
    from invoke.collection import Collection

    from fullcycle import ns

    module = sys.modules.get("tasks")
    return ns if module is None else Collection.from_module(module)


def configured(body: Callable[..., object]) -> dict[str, Any]:
    """What the collections around a task say under `fullcycle`, table by table, the outer first.

    Invoke itself lets an outer collection's `fullcycle` take the place of an inner one's whole.
    """
    from fullcycle.settings.keys import merged

    said = (each.configuration().get("fullcycle") for each in _around(loaded(), body))
    return reduce(merged, (each for each in said if isinstance(each, Mapping)), {})


def _around(collection: Collection, body: Callable[..., object]) -> tuple[Collection, ...]:
    """The collections on the way to a task, the innermost first."""
    if any(task.body is body for task in collection.tasks.values()):
        return (collection,)
    for inner in collection.collections.values():
        found = _around(inner, body)
        if found:
            return (*found, collection)
    return ()
