"""One step, tried until it succeeds or may not be tried again."""

from __future__ import annotations

import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from fullcycle.errors import FullcycleError, InterruptedRunError, StepError, UsageError
from fullcycle.model import Result

from .interrupt import TimedOutError
from .process import NOT_FOUND
from .step import Command, Retries

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from .context import Context
    from .step import Step


class Ending(NamedTuple):
    """How a step ended."""

    result: Result
    error: FullcycleError | None = None
    exit_code: int | None = None
    summary: str = ""
    attempts: int = 1
    reason: str = ""
    """Why it did not have to run."""


def perform(step: Step, context: Callable[[], Context]) -> Ending:
    """Carry a step out, again as often as its `retries` allow; never raises.

    Args:
        step: the step.
        context: makes the context of one attempt.
    """
    retries = step.retries if isinstance(step.retries, Retries) else Retries(times=step.retries)
    attempts = 1 + retries.times
    for number in range(1, attempts + 1):
        bench = context()
        ending = _attempt(step, bench)._replace(attempts=number, summary=bench.summary)
        if number == attempts or not _worth_another(ending, retries.on):
            break
        wait = retries.seconds(number)
        later = f" in {wait:g} s" if wait else ""
        with suppress(FullcycleError):
            bench.log(f"attempt {number} of {attempts}: {ending.error}; trying again{later}")
        if not bench.pause(wait):
            break
    return ending


def _worth_another(ending: Ending, on: Collection[int]) -> bool:
    if ending.result in {Result.SUCCESS, Result.CANCELLATION}:
        return False
    if isinstance(ending.error, UsageError):
        return False
    return not on or ending.exit_code in on


def _attempt(step: Step, context: Context) -> Ending:
    try:
        return _act(step, context)
    except InterruptedRunError as error:
        return Ending(Result.CANCELLATION, error)
    except TimedOutError as error:
        return Ending(Result.TIMEOUT, error)
    except FullcycleError as error:
        with suppress(FullcycleError):
            context.quote(error.log_tail)
        return Ending(Result.FAILURE, error, context.exit_code)
    except BaseException as error:  # noqa: BLE001 (also SystemExit: a step must not end the run)
        with suppress(FullcycleError):
            context.log(traceback.format_exc().rstrip())
        return Ending(Result.ERROR, StepError(one_line(error), hint="its log has the details"))


def _act(step: Step, context: Context) -> Ending:
    if isinstance(step.action, Command):
        return _command(step.action, context)
    step.action(context)
    if context.overdue:
        context.checkpoint()
    return Ending(Result.SUCCESS)


def _command(command: Command, context: Context) -> Ending:
    done = context.run(command.run, cwd=command.cwd, env=command.env, check=False)
    if done.exit_code == 0:
        return Ending(Result.SUCCESS, exit_code=0)
    missing = done.exit_code == NOT_FOUND and isinstance(command.run, str)
    error = StepError(
        "command not found (exit code 127)" if missing else f"exit code {done.exit_code}",
        hint="install it, or correct the command in the settings" if missing else "",
        log_tail=done.tail,
    )
    return Ending(Result.FAILURE, error, done.exit_code)


def one_line(error: BaseException) -> str:
    """What an exception says, with its type, in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
