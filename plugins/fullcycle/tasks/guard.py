"""Errors of ours, as a user of Invoke sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from invoke.exceptions import Exit

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.errors import FullcycleError

T = TypeVar("T")


def guarded(body: Callable[[], T]) -> T:
    """Call it; an error of ours becomes one line and its exit code.

    Raises:
        Exit: Invoke's own, with the message and the code.
    """
    from fullcycle.errors import FullcycleError

    try:
        return body()
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
