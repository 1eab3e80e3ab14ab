"""What can go wrong, and the exit code each kind of failure ends with.

Every error a user may see is one of these. A message is one line: what is wrong, where,
what was meant; `hint` says what to do about it.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The documented exit codes of every fullcycle command."""

    DONE = 0
    STEP_FAILED = 1
    USAGE = 2
    ROLLED_BACK = 3
    LOCKED = 4
    OUT_OF_REACH = 5
    BREACHED = 6
    INTERRUPTED = 130


class FullcycleError(Exception):
    """A failure with one clear line, an optional hint and log tail, and an exit code."""

    code: int = ExitCode.STEP_FAILED

    def __init__(self, message: str, *, hint: str = "", log_tail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.log_tail = log_tail

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class StepError(FullcycleError):
    """A step did not do what it was asked for."""


class UsageError(FullcycleError):
    """Settings, flags or the state of the project don't allow the command."""

    code = ExitCode.USAGE


class RolledBackError(FullcycleError):
    """A deployment failed and the version before it is serving again."""

    code = ExitCode.ROLLED_BACK


class LockedError(FullcycleError):
    """Somebody else is deploying to this environment."""

    code = ExitCode.LOCKED


class OutOfReachError(FullcycleError):
    """A provider, or something it needs, cannot be reached or is not installed."""

    code = ExitCode.OUT_OF_REACH


class BreachedError(FullcycleError):
    """A threshold or a service level objective is breached."""

    code = ExitCode.BREACHED


class InterruptedRunError(FullcycleError):
    """The run was interrupted by a person or by the CI server."""

    code = ExitCode.INTERRUPTED
