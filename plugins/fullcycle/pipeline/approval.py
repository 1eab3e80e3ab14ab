"""A person's word: asked for on a terminal, given by `--approve` or by a file elsewhere."""

from __future__ import annotations

import os
import pwd
import select
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person is asked, or has to do."""

    name: str
    """What the file is called that answers it."""
    text: str
    who: str = ""
    """Who is asked."""
    link: str = ""
    """Where it is described."""


def wait_for_word(
    question: Question,
    *,
    approved: bool,
    folder: Path,
    context: StepContext,
    patience: float = PATIENCE,
    watch: Callable[[], object] = lambda: None,
    tell: Callable[[Path], object] = lambda _: None,
) -> str:
    """Wait until a person has done what a manual step asks for, or has answered a question.

    They say so by `--approve` beforehand, on the terminal, or by making the file that the step
    names, which works on a CI server and from another machine that shares the folder. The word
    `no` in that file, or on the terminal, refuses.

    Args:
        question: what is asked.
        approved: the word was given beforehand.
        folder: of the project's state.
        context: the step that waits.
        patience: seconds.
        watch: called all the while; what it raises ends the wait.
        tell: called once when the wait begins, with the file that ends it.

    Returns:
        who gave the word, and how.

    Raises:
        RefusedError: the word was no, or nobody gave one within `patience` seconds.
    """
    asked = f"{question.who or 'somebody'}: {question.text}"
    context.log(" ".join(filter(None, (asked, question.link))))
    if approved:
        return f"{_name(os.getuid())} said yes beforehand (--approve)"
    word = folder / "approve" / question.name
    word.parent.mkdir(parents=True, exist_ok=True)
    word.unlink(missing_ok=True)
    way = "type yes or no, or" if interactive() else "then:"
    context.log(f"waiting up to {patience:.0f} s for the file {word}; {way} touch {word}")
    tell(word)
    limit = time.monotonic() + patience
    while (answer := _word(word)) is None:
        context.checkpoint()
        watch()
        if time.monotonic() > limit:
            raise RefusedError(
                f"nobody confirmed {question.name!r} within {patience:.0f} s", hint=question.text
            )
    if not answer.yes:
        raise RefusedError(f"{answer.who} said no to: {question.text}")
    return f"{answer.who} said yes"


class _Answer(NamedTuple):
    yes: bool
    who: str


def _name(uid: int) -> str:
    """The user's name, where the system knows it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _word(file: Path) -> _Answer | None:
    """What was said, by file or on the terminal; None for nothing within 0.2 seconds."""
    if not file.exists():
        typed = _typed(TURN)
        return None if typed is None else _Answer(typed, _name(os.getuid()))
    if not (said := file.read_text(encoding="utf-8", errors="replace")):
        time.sleep(TURN)  # `echo no >` makes the file before it writes into it
        said = file.read_text(encoding="utf-8", errors="replace")
    who = _name(file.stat().st_uid)
    file.unlink(missing_ok=True)
    return _Answer(said.strip().lower() not in NO, who)


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
