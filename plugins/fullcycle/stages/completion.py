"""`completion`: the TAB key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from invoke.collection import Collection

from .command import command

if TYPE_CHECKING:
    from .call import Call


@command(flags=(), positional=("shell",), help={"shell": "the shell"})
def script(call: Call, shell: Literal["bash", "zsh", "fish"]) -> None:
    """The script that teaches a shell to complete commands, steps, environments and releases."""
    from fullcycle.completion.script import script as text

    call.show(None, text(shell))


@command(flags=())
def refresh(call: Call) -> None:
    """Note anew what can be completed; the TAB key does so itself when the project changes."""
    from pathlib import Path

    from fullcycle.completion.answer import FILE, root
    from fullcycle.completion.words import render
    from fullcycle.errors import FullcycleError, UsageError
    from fullcycle.pipeline.folder import state_folder, write_atomically

    from .commandline import commands

    folder = root(str(Path.cwd()))
    if folder is None:
        raise UsageError("there are no tasks and no settings here", hint="run `invoke init`")
    try:
        project = call.project()
    except FullcycleError:
        project = None
    text = render(commands(), project, Path(folder))
    if not call.dry:
        state_folder(Path(folder))
        write_atomically(Path(folder, FILE), text)


collection = Collection("completion", script, refresh)
