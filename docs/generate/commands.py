"""The page of commands and flags."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from fullcycle import ns
from fullcycle.loop import CHAINS
from fullcycle.settings.glance import chains
from fullcycle.stages.command import HELP

from .markdown import code, table

if TYPE_CHECKING:
    from invoke.parser.argument import Argument
    from invoke.tasks import Task

INTRO = """# Commands and flags

`invoke NAME` in a project with a `tasks.py`; `fullcycle NAME` without one. `invoke --list` shows
what a project has, its own chains and tasks included; `invoke --help NAME` shows the flags of one.
Invoke's own flags come before the name: `invoke --dry deploy` says what would be done and changes
nothing."""


def page() -> str:
    """From the Invoke collection; the chains of this repository's own settings left out."""
    names = sorted(name for name in ns.task_names if name not in chains() or name in CHAINS)
    return "\n\n".join([INTRO, _common(), *(_command(name) for name in names)])


def _common() -> str:
    rows = [(f"`--{flag}`", text) for flag, text in HELP.items()]
    return "## Flags that many commands share\n\n" + table(("Flag", "Meaning"), rows)


def _command(name: str) -> str:
    task: Task[Any] = copy(ns[name])
    task.help = dict(task.help)  # Invoke empties it
    aliases = [alias for alias in ns.task_names[name] if "_" not in alias]
    called = f"## {name}" + (f" (`{'`, `'.join(aliases)}`)" if aliases else "")
    arguments = task.get_arguments()
    own = [each for each in arguments if each.name not in HELP]
    common = [f"`--{each.name}`" for each in arguments if each.name in HELP]
    parts = [
        called,
        (task.__doc__ or "").strip(),
        table(("Flag", "Meaning", "Default"), [_flag(each) for each in own]),
        f"Shared flags: {', '.join(common)}." if common else "",
    ]
    return "\n\n".join(filter(None, parts))


def _flag(argument: Argument) -> tuple[str, str, str]:
    name = argument.name or ""
    about = (argument.help or "").partition(" (default:")[0].partition("(default:")[0]
    spelled = f"`{name}` (by place)" if argument.positional else f"`--{name}`"
    required = argument.default is None and argument.kind is not bool
    return spelled, about, "must be given" if required else code(argument.default or "")
