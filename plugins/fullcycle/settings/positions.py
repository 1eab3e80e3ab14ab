"""Which line of a TOML document a key is on.

A valid document is a sequence of statements that are valid by themselves, each beginning on a
line of its own; so the standard parser is the scanner too: lines are added until they parse.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .keys import Key


def positions(text: str) -> dict[Key, int]:
    """The line, counted from 1, of every key and table of a valid document."""
    found: dict[Key, int] = {}
    table: Key = ()
    arrays: dict[Key, int] = {}
    for line, statement, parsed in _statements(text.replace("\r\n", "\n").split("\n")):
        if statement.lstrip().startswith("["):
            table = _header(parsed, arrays)
            _note(found, table, line)
        else:
            _entry(found, table, line, statement, parsed)
    return found


def position(found: dict[Key, int], key: Key) -> int:
    """The line of the key, or of the nearest table around it; 0 when there is none."""
    while key and key not in found:
        key = key[:-1]
    return found.get(key, 0)


def _statements(rows: list[str]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    start = 0
    while start < len(rows):
        parsed = None
        end = start
        while parsed is None and end < len(rows):
            end += 1
            statement = "\n".join(rows[start:end])
            parsed = _parse(statement)
        if parsed:
            yield start + 1, statement, parsed
        start = end


def _parse(statement: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return None


def _header(parsed: Any, arrays: dict[Key, int]) -> Key:
    """The key of a `[table]` or `[[table]]`; `arrays` counts the latter."""
    key: Key = ()
    while parsed:
        name, parsed = next(iter(parsed.items()))
        key = (*key, name)
        if isinstance(parsed, list):
            arrays[key] = arrays.get(key, -1) + 1
            parsed = None
        if key in arrays:
            key = (*key, arrays[key])
    return key


def _entry(
    found: dict[Key, int], table: Key, line: int, statement: str, parsed: dict[str, Any]
) -> None:
    key: Key = table
    value: Any = parsed
    while isinstance(value, dict) and len(value) == 1:
        name, value = next(iter(value.items()))
        key = (*key, name)
        _note(found, key, line)
    if isinstance(value, list):
        for index, row in _elements(statement):
            _walk(found, (*key, index), value[index], line + row)
    _walk(found, key, value, line)


def _elements(statement: str) -> Iterator[tuple[int, int]]:
    """Index and row of the elements of a list that is written over several rows."""
    rows = statement.split("\n")
    seen = 0
    for row in range(1, len(rows)):
        parsed: Any = _parse("\n".join(rows[:row]) + "\n]")
        while isinstance(parsed, dict):
            parsed = next(iter(parsed.values()))
        for index in range(seen, len(parsed or ())):
            yield index, row - 1
        seen = max(seen, len(parsed or ()))


def _walk(found: dict[Key, int], key: Key, value: Any, line: int) -> None:
    _note(found, key, line)
    if isinstance(value, dict):
        for name, each in value.items():
            _walk(found, (*key, name), each, line)
    if isinstance(value, list):
        for index, each in enumerate(value):
            _walk(found, (*key, index), each, line)


def _note(found: dict[Key, int], key: Key, line: int) -> None:
    """The key's line, and that of the tables around it that have no header of their own."""
    for length in range(1, len(key) + 1):
        found.setdefault(key[:length], line)
