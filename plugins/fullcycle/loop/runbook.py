"""Runbooks as steps: commands, tasks and requests in their order, and what people do."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.pipeline.approval import PATIENCE, Question, wait_for_word
from fullcycle.pipeline.step import Command, Step, StepContext

from .commands import task_command, tried_again

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from fullcycle.project import Project
    from fullcycle.settings.schema import RunbookStep

    Action: TypeAlias = Command | Callable[[StepContext], object]


def chain(name: str) -> str:
    """What a run of a runbook is called in the ledger."""
    return f"runbook.{name}"


def steps(project: Project, name: str) -> list[Step]:
    """The steps of a runbook, each after the one before it.

    Raises:
        UsageError: there is none of that name.
    """
    runbooks = project.settings.runbooks
    if name not in runbooks:
        from difflib import get_close_matches

        near = get_close_matches(name, runbooks, 1)
        known = f"there are: {', '.join(runbooks)}" if runbooks else "write [runbooks.NAME]"
        raise UsageError(
            f"unknown runbook {name!r}", hint=f"did you mean {near[0]!r}?" if near else known
        )
    return _in_order([_step(project, name, each) for each in runbooks[name].steps])


def after_deployment(project: Project, first: str) -> list[Step]:
    """The steps of the runbooks that follow a deployment, after that step of the stage."""
    begun = Step(name=first, action=lambda _: None)
    found = [
        replace(step, name=f"operate.{step.name}")
        for name, each in project.settings.runbooks.items()
        if each.follows("deploy", project.environment_name)
        for step in (_step(project, name, entry) for entry in each.steps)
    ]
    return _in_order([begun, *found])[1:]


def _in_order(steps: Sequence[Step]) -> list[Step]:
    later = [replace(step, needs=frozenset({before.name})) for before, step in pairwise(steps)]
    return [*steps[:1], *later]


def _step(project: Project, runbook: str, entry: RunbookStep) -> Step:
    return Step(
        name=f"{runbook}.{entry.name}",
        action=_action(project, runbook, entry),
        timeout=None if entry.manual else entry.timeout,
        retries=tried_again(entry.retries),
        passable=entry.passable,
        show=bool(entry.manual),
        describe=_described(entry),
    )


def _described(entry: RunbookStep) -> str:
    if entry.manual:
        return f"{entry.who or 'a person'}: {entry.manual}"
    return f"{entry.http.method} {entry.http.url}" if entry.http else entry.run or entry.task


def _action(project: Project, runbook: str, entry: RunbookStep) -> Action:
    if entry.run:
        return Command(run=entry.run, env=entry.env)
    if entry.task:
        return Command(run=task_command(shlex.split(entry.task)), env=entry.env)
    if entry.http:
        from .request import send

        return partial(send, project, entry.http, entry.timeout)
    return partial(_ask, project, runbook, entry)


def _ask(project: Project, runbook: str, entry: RunbookStep, context: StepContext) -> None:
    from .news import tell_waiting

    question = Question(
        name=f"{runbook}.{entry.name}", text=entry.manual, who=entry.who, link=entry.link
    )
    context.summarize(
        wait_for_word(
            question,
            approved=project.choices.approve,
            folder=project.root / ".fullcycle",
            context=context,
            patience=entry.timeout or PATIENCE,
            tell=partial(tell_waiting, project, question, context),
        )
    )
