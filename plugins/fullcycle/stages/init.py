"""`init`: settings for an existing application, and the pipeline files of CI servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from invoke.collection import Collection

from .command import command

if TYPE_CHECKING:
    from .call import Call

Server = Literal[
    "github",
    "gitea",
    "gitlab",
    "jenkins",
    "circleci",
    "azure",
    "buildkite",
    "bitbucket",
    "drone",
    "woodpecker",
    "codebuild",
    "teamcity",
]


@command(flags=("force",), name="settings", default=True)
def settings(call: Call) -> None:
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


@command(flags=("force",), positional=("server",), help={"server": "the CI server"})
def ci(call: Call, server: Server) -> None:
    """Write a CI server's pipeline file for this project; with --dry, print it."""
    from fullcycle.ci.files.write import FILES, render, write

    if call.dry:
        call.show(None, render(server, call.loaded))
        return
    write(server, call.loaded, force=call.flags.force)
    call.show(None, f"wrote {FILES[server]}; read it, then commit it")


collection = Collection("init", settings, ci)
