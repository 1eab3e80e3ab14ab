"""Failure: why ECS stopped a task, in one line, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fullcycle.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

KILLED = 137
"""The exit code of what SIGKILL has ended."""
_FAILED_START = frozenset({"TaskFailedToStart", "EssentialContainerExited"})
_SICK = re.compile(r"failed (ELB|container) health checks|health checks", re.IGNORECASE)
_HINTS = (
    (
        re.compile(r"CannotPull.*(not found|unknown|does not exist)", re.IGNORECASE | re.DOTALL),
        "the image has vanished from its registry: release it again, or another version",
    ),
    (
        re.compile(r"CannotPull", re.IGNORECASE),
        (
            "tasks need a way to the registry (a public address, a NAT gateway or VPC endpoints),"
            " and their execution role the right to pull"
        ),
    ),
    (
        re.compile(r"secret|parameter|ssm:GetParameters|GetSecretValue", re.IGNORECASE),
        (
            "see that the secret exists where `secrets` says, and provision again: the execution"
            " role may read those that the settings name"
        ),
    ),
    (
        re.compile(r"OutOfMemory|memory usage", re.IGNORECASE),
        "give it more memory: `resources` of the application, or `memory`",
    ),
    (
        re.compile(r"capacity|unable to place", re.IGNORECASE),
        (
            "Fargate has no room there just now: try again, add subnets in other zones, or ask for"
            " another size"
        ),
    ),
    (
        re.compile(r"AccessDenied|not authorized|unable to assume", re.IGNORECASE),
        "provision again, or allow the role what is named",
    ),
    (_SICK, "look at what it answers, and give it time with `health_deadline`"),
)
"""What AWS says → what to do (Amazon ECS developer guide, "Stopped tasks error messages")."""


def failed(task: Mapping[str, Any]) -> bool:
    """Whether a stopped task stopped because something is wrong with it."""
    if task.get("stopCode") in _FAILED_START:
        return True
    return bool(_SICK.search(task.get("stoppedReason", "")))


def why(task: Mapping[str, Any]) -> str:
    """The reason on one line: `exit code 3`, what could not be pulled."""
    said = " ".join(task.get("stoppedReason", "").split())
    for container in task.get("containers", []):
        code, reason = container.get("exitCode"), " ".join(container.get("reason", "").split())
        if code == KILLED:
            reason = reason or "it was killed, which mostly means that its memory was not enough"
        if code:
            return f"exit code {code}{f': {reason}' if reason else ''}"
        said = reason if reason and not said.startswith("Cannot") else said
    return said or str(task.get("stopCode", "it stopped"))


def hint(said: str) -> str:
    """What to do about what AWS says; nothing where that isn't known."""
    return next((each for pattern, each in _HINTS if pattern.search(said)), "")


def failure(name: str, task: Mapping[str, Any], log_tail: str, sickness: str = "") -> StepError:
    """The error of a task that failed; `sickness` is what the load balancer says."""
    reason = f"{why(task)}: {sickness}" if sickness else why(task)
    whole = f"{reason} {task.get('stoppedReason', '')}"
    return StepError(f"{name} failed: {reason}", hint=hint(whole), log_tail=log_tail)
