"""`init`: settings for an existing application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .command import command

if TYPE_CHECKING:
    from .call import Call


@command(flags=("force",))
def init(call: Call) -> None:
    """Write fullcycle.toml and tasks.py for the application in this folder."""
    from pathlib import Path

    from fullcycle.settings.scaffold import detect, render, write

    root = Path.cwd()
    if call.dry:
        call.show(None, render(detect(root)))
        return
    written = write(root, force=call.flags.force)
    lines = [f"wrote {path.name}" for path in written] or ["everything is there already"]
    call.show(None, "\n".join([*lines, "next: `invoke doctor`, then `invoke ci`"]))
