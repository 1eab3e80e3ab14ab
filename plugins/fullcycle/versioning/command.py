"""Run git, and say in one line what keeps it from working."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from fullcycle.errors import FullcycleError, OutOfReachError, StepError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIMEOUT = 60.0
"""Seconds a git command may take on this machine."""

_LOCATION = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
}
"""What git sets for its hooks: it would lead away from the folder that was asked for."""

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


class Output(NamedTuple):
    """How a git command ended."""

    exit_code: int
    text: str
    """Standard output; bytes that aren't UTF-8 are kept as os.fsdecode keeps them."""
    error: str

    @property
    def fields(self) -> list[str]:
        """The output split at NUL."""
        return [field for field in self.text.split("\0") if field]

    @property
    def line(self) -> str:
        """The output without the newline at its end."""
        return self.text.strip()


def git(
    root: Path,
    *arguments: str,
    check: bool = True,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> Output:
    """Run `git ARGUMENTS` in a folder, in English and without asking anything.

    Args:
        root: the folder.
        arguments: what comes after `git`.
        check: raise when it exits with anything but 0.
        stdin: what it reads.
        env: variables added to the environment.
        timeout: seconds.

    Raises:
        OutOfReachError: git is not installed, or took too long.
        UsageError: the folder is no repository git can use.
        StepError: it failed for another reason.
    """
    try:
        ended = subprocess.run(
            ["git", "-C", str(root), "-c", "log.showSignature=false", *arguments],  # noqa: S607 (the git on PATH is the user's)
            input=stdin.encode(),
            capture_output=True,
            env=_environment(env or {}),
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        raise OutOfReachError("git is not installed", hint="install git 2.25 or newer") from None
    except subprocess.TimeoutExpired:
        raise OutOfReachError(
            f"git {arguments[0]} in {root} did not end within {timeout:g} s",
            hint="is another git running there, or the disk or network hanging?",
        ) from None
    output = Output(ended.returncode, os.fsdecode(ended.stdout), without_credentials(ended.stderr))
    if check and output.exit_code:
        fail(root, arguments[0], output)
    return output


def without_credentials(text: str | bytes) -> str:
    """The text with user names and passwords taken out of its URLs."""
    plain = text.decode(errors="replace") if isinstance(text, bytes) else text
    return _CREDENTIALS.sub("", plain)


def fail(root: Path, command: str, output: Output) -> NoReturn:
    """Raise what git's own words mean."""
    for sign, error in _known(root, output.error):
        if sign in output.error:
            raise error
    said = [line for line in output.error.splitlines() if not line.startswith("hint:")]
    reason = said[-1].removeprefix("fatal: ") if said else f"exit code {output.exit_code}"
    raise StepError(f"git {command} failed in {root}: {reason}")


def _known(root: Path, said: str) -> list[tuple[str, FullcycleError]]:
    exception = re.search(r"git config --global --add safe\.directory .+", said)
    return [
        (
            "dubious ownership",
            UsageError(
                f"git does not trust {root}: it belongs to another user",
                hint=f"if you trust it: {exception[0] if exception else 'git status says how'}",
            ),
        ),
        (
            "not a git repository",
            UsageError(
                f"{root} is not in a git repository",
                hint="start one: git init && git add --all && git commit -m 'feat: begin'",
            ),
        ),
        (
            "cannot change to",
            UsageError(f"{root} is not a folder that can be entered", hint="check the path"),
        ),
        (
            "must be run in a work tree",
            UsageError(f"{root} is a bare repository", hint="clone it, and work in the clone"),
        ),
    ]


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _LOCATION}
    quiet = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    return {**kept, **quiet, **more}
