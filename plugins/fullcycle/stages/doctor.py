"""`doctor`: what is missing on this machine, and how to get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .command import command

if TYPE_CHECKING:
    from .call import Call


@command()
def doctor(call: Call) -> None:
    """What is missing on this machine, and how to get it."""
    from fullcycle.loop.doctor import examine, raise_fatal, render

    ailments = examine(call.project())
    call.show(ailments, render(ailments))
    raise_fatal(ailments)
