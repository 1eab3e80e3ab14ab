"""The Invoke namespace, and the ways to add to it."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from invoke.collection import Collection
from invoke.tasks import Task

from .loop import add
from .stages import (
    chains,
    completion,
    config,
    deploy,
    doctor,
    init,
    monitor,
    operate,
    provider,
    release,
    scale,
)
from .stages.build import build
from .stages.chains import chain_task
from .stages.code import code
from .stages.plan import plan
from .stages.review import review
from .stages.stage import stage_task
from .stages.tasks import remember
from .stages.test import test

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .loop import Written
    from .pipeline.step import StepContext

    Action = Callable[[StepContext], object]
    Part = str | Task[Any] | Mapping[str, Any]


def chain(name: str, *links: Part | Sequence[Part], about: str = "") -> Task[Any]:
    """A chain of stages, other chains and your own Invoke tasks, as a task.

    Args:
        name: what it is called on the command line.
        links: `"build"`, `"deploy staging"`, an Invoke task of yours, which must be in the
            namespace, too, or `link(…)` of one of these. Each waits for those before it; those
            of a list don't wait for each other.
        about: what `invoke --list` says of it.
    """
    return chain_task(name, [_written(each) for each in links], about)


def link(
    part: str | Task[Any], *, always: bool = False, continue_: bool = False
) -> Mapping[str, Any]:
    """A link of a chain that runs on, or lets others run on, after a failure.

    Args:
        part: a stage, a chain or a task of yours.
        always: run it whatever became of the links before it: the `finally` of a chain.
        continue_: go on with the next links when it fails; the chain fails at its end.
    """
    return {"run": _name(part), "always": always, "continue": continue_}


def _written(part: Part | Sequence[Part]) -> Written:
    if isinstance(part, str | Task):
        return _name(part)
    if isinstance(part, Mapping):
        return part
    return [_name(each) if isinstance(each, Task) else each for each in part]


def _name(part: str | Task[Any]) -> str:
    if isinstance(part, str):
        return part
    remember(part.name)
    return part.name


def step(
    name: str, *, needs: tuple[str, ...] = (), timeout: float | None = None
) -> Callable[[Action], Action]:
    """Add a Python function as the step `stage.step` of a stage, ours or your own.

    Args:
        name: `code.licences`: the stage, a dot, the step.
        needs: steps that must have succeeded before.
        timeout: seconds.
    """
    from .pipeline.step import Step

    def register(action: Action) -> Action:
        describe = (action.__doc__ or name).partition("\n")[0]
        add(
            name.partition(".")[0],
            Step(
                name=name, action=action, needs=frozenset(needs), timeout=timeout, describe=describe
            ),
        )
        return action

    return register


def stage(name: str, about: str = "") -> Task[Any]:
    """A stage of your own as a task; `step` gives it its steps."""
    return stage_task(name, about or f"Your stage {name}.")


def _namespace() -> Collection:
    namespace = Collection()
    for task in (plan, code, build, test, review, doctor.doctor, *chains.builtin()):
        namespace.add_task(task)
    modules = (release, deploy, operate, scale, monitor, init, config, provider, completion)
    for module in modules:
        namespace.add_collection(module.collection)
    for task in chains.from_settings():
        namespace.add_task(task)
    return namespace


ns = _namespace()
# What is loaded by now, Invoke included, stays until the end: nobody has to look through it for
# garbage again, least of all while the process ends. That is a fifth of a short command's time.
gc.freeze()
