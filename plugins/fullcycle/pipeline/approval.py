"""A person's word: asked for on a terminal, given by `--approve` or by a file elsewhere."""

from __future__ import annotations

import os
import select
import sys
import time
from typing import TYPE_CHECKING

from fullcycle.errors import StepError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .step import StepContext

PATIENCE = 3600.0
"""Seconds a manual step waits for a person."""
TURN = 0.2
"""Seconds between two looks for an answer."""
YES, NO = frozenset({"y", "yes"}), frozenset({"n", "no"})


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
    if sys.stdin.readline().strip().lower() not in YES:
        raise UsageError("not approved: nothing was changed")


def interactive() -> bool:
    """Whether a person can be asked."""
    try:
        return sys.stdin.isatty() and sys.stderr.isatty()
    except (AttributeError, ValueError):
        return False


class RefusedError(StepError):
    """A person said no, or nothing for too long."""


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
    watch: Callable[[], object] = lambda: None,
) -> str:
    """Wait until a person has done what a manual step asks for, or has answered a question.

    They say so by `--approve` beforehand, on the terminal, or by making the file that the step
    names, which works on a CI server and from another machine that shares the folder. The word
    `no` in that file, or on the terminal, refuses.

    Args:
        name: what the file is called.
        what: the question, or what is to be done.
        approved: the word was given beforehand.
        folder: of the project's state.
        context: the step that waits.
        who: who is asked.
        link: where it is described.
        patience: seconds.
        watch: called all the while; what it raises ends the wait.

    Returns:
        how the word was given.

    Raises:
        RefusedError: the word was no, or nobody gave one within `patience` seconds.
    """
    context.log(" ".join(filter(None, (f"{who or 'somebody'}: {what}", link))))
    if approved:
        return "approved by --approve"
    word = folder / "approve" / name
    word.parent.mkdir(parents=True, exist_ok=True)
    word.unlink(missing_ok=True)
    way = "type yes or no, or" if interactive() else "then:"
    context.log(f"waiting up to {patience:.0f} s for the file {word}; {way} touch {word}")
    limit = time.monotonic() + patience
    while (answer := _word(word)) is None:
        context.checkpoint()
        watch()
        if time.monotonic() > limit:
            raise RefusedError(f"nobody confirmed {name!r} within {patience:.0f} s", hint=what)
    if not answer:
        raise RefusedError(f"a person said no to: {what}")
    return "confirmed"


def _word(file: Path) -> bool | None:
    """What was said, by file or on the terminal; None for nothing within 0.2 seconds."""
    if not file.exists():
        return _typed(TURN)
    if not (said := file.read_text(encoding="utf-8", errors="replace")):
        time.sleep(TURN)  # `echo no >` makes the file before it writes into it
        said = file.read_text(encoding="utf-8", errors="replace")
    file.unlink(missing_ok=True)
    return said.strip().lower() not in NO


def _typed(seconds: float) -> bool | None:
    if not (interactive() and _in_front()):
        time.sleep(seconds)
        return None
    if not select.select([sys.stdin], [], [], seconds)[0]:
        return None
    if not (line := sys.stdin.readline()):
        time.sleep(seconds)
    said = line.strip().lower()
    return True if said in YES else False if said in NO else None


def _in_front() -> bool:
    """Whether the terminal's input is ours: it isn't where we run in the background."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return False
