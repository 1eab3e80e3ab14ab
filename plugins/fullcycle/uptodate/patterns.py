"""Glob patterns of a project's files, as inputs and outputs are written."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MAGIC = re.compile(r"[*?\[]")


class Patterns:
    """Patterns relative to the project's folder, with `/` between the parts.

    `*` and `?` stay within a part, `**` stands for any number of parts, `[…]` for one of several
    characters. The name of a folder stands for all that is in it. `!` before a pattern takes back
    what those before it let in; when the first one does, all else is let in.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        rules = [(not each.startswith("!"), _plain(each.removeprefix("!"))) for each in patterns]
        if rules and not rules[0][0]:
            rules.insert(0, (True, "**"))
        self._rules = rules

    def matches(self, path: str) -> bool:
        """Whether a file is meant."""
        meant = False
        for include, form in self._compiled:
            if include is not meant and form.fullmatch(path):
                meant = include
        return meant

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """The files and folders that the patterns name before anything is left open.

        Empty for the project's own folder.
        """
        found = dict.fromkeys(_root(text) for include, text in self._rules if include)
        return tuple(found)

    @cached_property
    def _compiled(self) -> Sequence[tuple[bool, re.Pattern[str]]]:
        """The rules, neighbours of a kind as one expression."""
        grouped: list[tuple[bool, list[str]]] = []
        for include, text in self._rules:
            if not grouped or grouped[-1][0] is not include:
                grouped.append((include, []))
            grouped[-1][1].append(_expression(text))
        return [(include, re.compile("|".join(forms), re.DOTALL)) for include, forms in grouped]


def _plain(text: str) -> str:
    while text.startswith("./"):
        text = text[2:]
    return text


def _root(text: str) -> str:
    parts = text.rstrip("/").split("/")
    literal = [part for part in _before_magic(parts) if part]
    return ("/" if text.startswith("/") else "") + "/".join(literal)


def _before_magic(parts: list[str]) -> list[str]:
    for count, part in enumerate(parts):
        if _MAGIC.search(part):
            return parts[:count]
    return parts


def _expression(text: str) -> str:
    folder = text.endswith("/")
    parts = text.rstrip("/").split("/")
    last = len(parts) - 1
    forms = []
    for number, part in enumerate(parts):
        if part == "**":
            forms.append(".*" if number == last else "(?:[^/]+/)*")
        else:
            forms.append(_part(part) + ("" if number == last else "/"))
    if folder:
        return "".join(forms) + "/.*"
    inside = "" if _MAGIC.search(parts[-1]) else "(?:/.*)?"
    return "".join(forms) + inside


def _part(part: str) -> str:
    out, at = "", 0
    while at < len(part):
        character = part[at]
        end = part.find("]", at + 2) if character == "[" else -1
        if character == "*":
            out += "[^/]*"
        elif character == "?":
            out += "[^/]"
        elif end > 0:
            inner = part[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            out += f"(?!/)[{'^' + inner[1:] if inner[0] in '!^' else inner}]"
            at = end
        else:
            out += re.escape(character)
        at += 1
    return out
