"""Keys of nested settings: how they are written, looked up and laid over one another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Key = tuple[str | int, ...]
"""Where a value is: names of tables and indices of lists, from the outside in."""

MISSING: Any = object()
"""What a look-up gives when there is nothing."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def dotted(key: Key) -> str:
    """The key as TOML writes it: `operate.runbook[0].run`."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _BARE.fullmatch(part) else json.dumps(part))
    return text


def lookup(data: Any, key: Key) -> Any:
    """The value at the key, or MISSING."""
    for part in key:
        if isinstance(data, list):
            data = dict(enumerate(data))
        if not isinstance(data, Mapping) or part not in data:
            return MISSING
        data = data[part]
    return data


def nested(key: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The value, wrapped in the tables of its key."""
    for part in reversed(key):
        value = {part: value}
    made: dict[str, Any] = value
    return made


def plain(value: Any) -> Any:
    """The value in the types that TOML and JSON have."""
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return value


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, table by table; anything but a table is replaced by what is above it."""
    result = dict(below)
    for name, value in above.items():
        under = result.get(name)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            value = merged(under, value)  # noqa: PLW2901 (the same value, completed)
        result[name] = value
    return result


def leaves(data: Mapping[str, Any], above: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every value that is not a table, with its key."""
    for name, value in data.items():
        key = (*above, name)
        if isinstance(value, Mapping):
            yield from leaves(value, key)
        else:
            yield key, value
