"""A person's word: asked for on a terminal, given by `--approve` or by a file elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from fullcycle.errors import StepError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from .step import StepContext

PATIENCE = 3600.0
"""Seconds a manual step waits for a person."""


def ask(question: str) -> None:
    """Ask on the terminal.

    Raises:
        UsageError: the answer is not yes, or there is no terminal to ask on.
    """
    if not interactive():
        raise UsageError(
            f"{question} Nobody is here to say yes", hint="say yes beforehand with --approve"
        )
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise UsageError("not approved: nothing was changed")


def interactive() -> bool:
    """Whether a person can be asked."""
    try:
        return sys.stdin.isatty() and sys.stderr.isatty()
    except (AttributeError, ValueError):
        return False


def wait_for_word(
    name: str,
    what: str,
    *,
    approved: bool,
    folder: Path,
    context: StepContext,
    who: str = "",
    link: str = "",
    patience: float = PATIENCE,
) -> str:
    """Wait until a person has done what a manual step asks for.

    They say so by `--approve` beforehand, or by making the file that the step names, which works
    on a terminal, on a CI server and from another machine that shares the folder.

    Returns:
        how the word was given.

    Raises:
        StepError: nobody did within `patience` seconds.
    """
    context.log(" ".join(filter(None, (f"{who or 'somebody'}: {what}", link))))
    if approved:
        return "approved by --approve"
    word = folder / "approve" / name
    word.parent.mkdir(parents=True, exist_ok=True)
    word.unlink(missing_ok=True)
    context.log(f"waiting up to {patience:.0f} s for the file {word}; then: touch {word}")
    limit = time.monotonic() + patience
    while not word.exists():
        context.checkpoint()
        if time.monotonic() > limit:
            raise StepError(f"nobody confirmed {name!r} within {patience:.0f} s", hint=what)
        time.sleep(0.2)
    word.unlink(missing_ok=True)
    return "confirmed"
