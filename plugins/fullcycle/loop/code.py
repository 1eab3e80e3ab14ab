"""The stage `code`: the checks before merging, all in parallel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.pipeline.step import Step, StepContext

from .commands import command_step
from .recipes import of_check

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.project import Project


def steps(project: Project) -> list[Step]:
    """The user's checks, and those that any git project can have."""
    own = [
        command_step("code", variant, each, project)
        for name, settings in project.settings.code.items()
        for variant, each in settings.variants(name).items()
    ]
    return own + [
        _builtin(project, name, what)
        for name, what in BUILTIN.items()
        if name not in project.settings.code
    ]


BUILTIN = {
    "messages": "check that commit messages follow Conventional Commits",
    "secrets": "look for secrets in tracked files",
    "merge": "check that the target branch can be merged",
    "tree": "look for conflict markers and oversized files",
}


def _builtin(project: Project, name: str, what: str) -> Step:
    def check(context: StepContext) -> None:
        from importlib import import_module

        run: Callable[..., str] = import_module(f"fullcycle.checks.{name}").check
        context.summarize(run(project.repository, project.settings, context.log))

    return Step(name=f"code.{name}", action=check, describe=what, recipe=of_check(name, project))
