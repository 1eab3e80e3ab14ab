"""How a task is made: its own flags, the common ones, and errors that end with an exit code."""

from __future__ import annotations

import inspect
from copy import copy
from typing import TYPE_CHECKING, Any, Self

from invoke.exceptions import Exit
from invoke.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from invoke.context import Context

    from fullcycle.errors import FullcycleError

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
}
QUERY = ("env", "json")
RUN = ("env", "json", "verbose", "force", "approve", "jobs", "only", "skip", "resume", "explain")
DEFAULTS: dict[str, Any] = {"env": "", "jobs": "", "only": [], "skip": []}


class CommandTask(Task[Any]):
    """A task that is cheap to copy: Invoke copies all of them each time it reads a tasks.py."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A twin with a help of its own, the one part that Invoke changes."""
        twin = copy(self)
        twin.help = dict(self.help)
        return twin


def command(
    *,
    flags: Sequence[str] = QUERY,
    name: str | None = None,
    default: bool = False,
    optional: Sequence[str] = (),
    positional: Sequence[str] = (),
    help: dict[str, str] | None = None,  # noqa: A002 (Invoke's own name)
) -> Callable[[Callable[..., object]], Task[Any]]:
    """Make an Invoke task of a function of a Call and its own flags.

    The function's keyword arguments become flags beside the common ones named in `flags`; what
    is common reaches it in the Call.
    """

    def make(body: Callable[..., object]) -> Task[Any]:
        def run(context: Context, **given: Any) -> None:
            from .call import Call, Flags

            common = {flag: given.pop(flag) for flag in flags}
            guarded(lambda: body(Call(context, Flags(**common)), **given))

        own = list(inspect.signature(body).parameters.values())[1:]
        run.__signature__ = _signature(own, flags)  # type: ignore[attr-defined]
        run.__doc__ = body.__doc__
        run.__name__ = body.__name__
        run.__module__ = body.__module__
        return CommandTask(
            run,
            name=name,
            default=default,
            optional=optional,
            positional=positional,
            auto_shortflags=False,
            iterable=[flag for flag in ("only", "skip") if flag in flags],
            help={**{flag: HELP[flag] for flag in flags}, **(help or {})},
        )

    return make


def _signature(own: list[inspect.Parameter], flags: Sequence[str]) -> inspect.Signature:
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    context = inspect.Parameter("c", keyword)
    common = [inspect.Parameter(flag, keyword, default=DEFAULTS.get(flag, False)) for flag in flags]
    return inspect.Signature([context, *(each.replace(kind=keyword) for each in own), *common])


def guarded(body: Callable[[], object]) -> None:
    """Call it; an error of ours becomes one line and its exit code.

    Raises:
        Exit: Invoke's own, with the message and the code.
    """
    from fullcycle.errors import FullcycleError

    try:
        body()
    except FullcycleError as error:
        raise Exit(explain(error), int(error.code)) from error
    except KeyboardInterrupt:
        raise Exit("interrupted", 130) from None
    except BrokenPipeError:
        raise Exit("", 1) from None


def explain(error: FullcycleError) -> str:
    """The error as a user sees it: log tail, the line, what to do."""
    lines = [f"  {line}" for line in error.log_tail.splitlines()[-20:]]
    lines += [f"error: {line}" for line in error.message.splitlines()]
    if error.hint:
        lines.append(f"hint: {error.hint}")
    return "\n".join(lines)
