"""How a task of ours is made: its own flags, and the common ones."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

from fullcycle.tasks.kind import Completes, Kind, Range, kind_of
from fullcycle.tasks.task import TypedTask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from invoke.context import Context

HELP = {
    "env": "environment (default: `env` in [defaults])",
    "json": "one JSON document on stdout, everything else on stderr",
    "verbose": "show the output of steps that succeed, too",
    "force": "do it even when it need not be done",
    "approve": "say yes to everything that waits for a person",
    "jobs": "steps run at the same time (default: cores)",
    "only": "run only this step or stage (repeatable)",
    "skip": "leave out this step or stage (repeatable)",
    "resume": "go on from the failed step of the last run",
    "explain": "say why each step runs or not",
    "watch": "run again what changes of files touch, until Ctrl-C",
}
QUERY = ("env", "json")
RUN = ("env", "json", "verbose", "force", "approve", "jobs", "only", "skip", "resume", "explain")
CHAIN = (*RUN, "watch")

SWITCH = kind_of(bool)
STEPS = kind_of(Annotated[list[str], Completes("steps")])
KINDS: dict[str, Kind] = {
    "env": kind_of(Annotated[str, Completes("environments")]),
    "jobs": kind_of(Annotated[int, Range(1)]),
    "only": STEPS,
    "skip": STEPS,
}
"""What a common flag takes; those that are not here are switches."""
DEFAULTS: dict[str, Any] = {"env": "", "jobs": None, "only": [], "skip": []}


def command(
    *,
    flags: Sequence[str] = QUERY,
    name: str | None = None,
    default: bool = False,
    positional: Sequence[str] = (),
    help: dict[str, str] | None = None,  # noqa: A002 (Invoke's own name)
) -> Callable[[Callable[..., object]], TypedTask]:
    """Make an Invoke task of a function of a Call and its own flags.

    The function's keyword arguments become flags beside the common ones named in `flags`; what
    is common reaches it in the Call. The annotations of its own say what values they take.
    """

    def make(body: Callable[..., object]) -> TypedTask:
        def run(context: Context, **given: Any) -> None:
            from .call import Call, Flags

            common = {flag: given.pop(flag) for flag in flags}
            body(Call(context, Flags(**common), run), **given)

        own = list(inspect.signature(body).parameters.values())[1:]
        run.__signature__ = _signature(own, flags)  # type: ignore[attr-defined]
        run.__wrapped__ = body  # type: ignore[attr-defined]
        run.__doc__ = body.__doc__
        run.__name__ = body.__name__
        run.__module__ = body.__module__
        return TypedTask(
            run,
            name=name,
            default=default,
            positional=positional,
            auto_shortflags=False,
            help={**{flag: HELP[flag] for flag in flags}, **(help or {})},
        )

    return make


def _signature(own: list[inspect.Parameter], flags: Sequence[str]) -> inspect.Signature:
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    context = inspect.Parameter("c", keyword)
    common = [
        inspect.Parameter(
            flag, keyword, default=DEFAULTS.get(flag, False), annotation=KINDS.get(flag, SWITCH)
        )
        for flag in flags
    ]
    return inspect.Signature([context, *(each.replace(kind=keyword) for each in own), *common])
