"""The command line as it is now: all tasks, with their flags."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
