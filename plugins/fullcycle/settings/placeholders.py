"""Placeholders in settings: `{version}` and its like, replaced when a stage needs the text.

Only a word in braces is a placeholder: shell functions, JSON and Go templates stay as they are,
and so does the shell's `${NAME}`. `{{word}}` stands for `{word}` itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

PLACEHOLDERS = ("root", "environment", "version", "port")
"""The project's folder, the environment's name, the release's version, the port to listen on."""

_WORD = re.compile(r"\{\{(\w+)\}\}|(?<!\$)\{([A-Za-z_]\w*)\}")


def expand(text: str, /, *, later: Collection[str] = (), **values: str | int) -> str:
    """The text with its placeholders replaced.

    Args:
        text: what the user wrote.
        later: placeholders that somebody replaces later; they stay, and so do escaped ones.
        values: what each placeholder stands for.

    Raises:
        UsageError: a placeholder is neither in `values` nor in `later`.
    """

    def replace(found: re.Match[str]) -> str:
        escaped, name = found.groups()
        if escaped is not None:
            return found[0] if later else f"{{{escaped}}}"
        if name in later:
            return found[0]
        if name in values:
            return str(values[name])
        raise UsageError(unknown(name, [*values, *later]))

    return _WORD.sub(replace, text)


def escaped(text: str) -> str:
    """The text in the form that `expand` gives back unchanged."""
    return _WORD.sub(lambda found: f"{{{found[0]}}}" if found[2] else found[0], text)


def check(text: str) -> str:
    """The text itself; raises ValueError when it has an unknown placeholder."""
    for escaped, name in _WORD.findall(text):
        if not escaped and name not in PLACEHOLDERS:
            raise ValueError(unknown(name, PLACEHOLDERS))
    return text


def unknown(name: str, known: Collection[str]) -> str:
    """What to tell about an unknown placeholder."""
    from .words import nearest

    meant = nearest(name, known)
    choice = ", ".join(f"{{{each}}}" for each in known) or "none"
    advice = f"did you mean {{{meant}}}?" if meant else f"known here: {choice};"
    return f"unknown placeholder {{{name}}}, {advice} write {{{{{name}}}}} for the text itself"
