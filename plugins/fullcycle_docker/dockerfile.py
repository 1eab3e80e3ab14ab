"""Dockerfile: its instructions, as far as a build has to know them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIRECTIVE = re.compile(r"#\s*escape\s*=\s*([\\`])\s*$", re.IGNORECASE)
_HEREDOC = re.compile(r"<<-?(['\"]?)(\w+)\1")
_ARGUMENT = re.compile(r"(\w+)")
_NAMED_LINE = re.compile(
    r"(?:^\S*?:(\d+)$|[Dd]ockerfile parse error (?:on )?line (\d+):)", re.MULTILINE
)
_FAILED_STEP = re.compile(r"^ > \[[^\]]*?\d+/\d+\] (.+):$", re.MULTILINE)
SHOWN = 60
"""Characters of an instruction that an error shows."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, its continued lines joined."""

    line: int
    """Where it begins, from 1."""
    text: str

    @property
    def keyword(self) -> str:
        """In capital letters."""
        return self.text.split(maxsplit=1)[0].upper()

    @property
    def short(self) -> str:
        """For an error."""
        text = _plain(self.text)
        return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def instructions(text: str) -> list[Instruction]:
    """All instructions, in their order; the text need not be valid."""
    return list(_instructions(text.splitlines()))


def arguments(text: str) -> set[str]:
    """The names that it declares by ARG."""
    declared = (each for each in instructions(text) if each.keyword == "ARG")
    return {
        match[1]
        for each in declared
        for word in each.text.split()[1:]
        if (match := _ARGUMENT.match(word))
    }


def failing(text: str, output: str) -> Instruction | None:
    """The instruction that BuildKit's output blames; None when it blames none.

    BuildKit names the line since 0.9; before, it names the step.
    """
    found = instructions(text)
    for number in (int(a or b) for a, b in _NAMED_LINE.findall(output)):
        begun = [each for each in found if each.line <= number]
        if begun:
            return begun[-1]
    for step in reversed(_FAILED_STEP.findall(output)):
        fitting = [each for each in found if _plain(each.text).split()[1:] == step.split()[1:]]
        if fitting:
            return fitting[0]
    return None


def _instructions(lines: list[str]) -> Iterator[Instruction]:
    escape = _escape(lines)
    number = 0
    while number < len(lines):
        begin, joined = number, ""
        while number < len(lines):
            line = lines[number]
            number += 1
            if (joined and not line.strip()) or line.lstrip().startswith("#"):
                continue
            joined += line.rstrip()
            if not joined.endswith(escape):
                break
            joined = joined[:-1]
        if not joined.strip():
            continue
        number = _after_heredocs(lines, number, joined)
        yield Instruction(_first(lines, begin) + 1, joined.strip())


def _first(lines: list[str], begin: int) -> int:
    """Comments before an instruction don't belong to it."""
    while not lines[begin].strip() or lines[begin].lstrip().startswith("#"):
        begin += 1
    return begin


def _after_heredocs(lines: list[str], number: int, joined: str) -> int:
    for _, end in _HEREDOC.findall(joined):
        while number < len(lines) and lines[number].strip() != end:
            number += 1
        number += 1
    return number


def _escape(lines: list[str]) -> str:
    for line in lines:
        if not line.startswith("#"):
            break
        if found := _DIRECTIVE.match(line):
            return found[1]
    return "\\"


def _plain(text: str) -> str:
    return " ".join(text.split())
