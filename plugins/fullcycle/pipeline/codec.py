"""The model's values as JSON, and back.

Written by the standard library, for most commands only write; read by pydantic, for a file may
have been changed by anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from math import isfinite
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from fullcycle.errors import UsageError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


def dump(value: object, *, indent: int | None = None) -> str:
    """A value as JSON: dataclasses and pydantic's models as objects, times in ISO 8601."""
    separators = (",", ":") if indent is None else None
    return json.dumps(_plain(value), ensure_ascii=False, indent=indent, separators=separators)


def parse(cls: type[T], text: str | bytes, where: object) -> T:
    """The value a JSON text holds; keys that a newer version added are ignored.

    Args:
        cls: a dataclass of the model, or a list of one.
        text: the JSON.
        where: the file or record it comes from, for the error.

    Raises:
        UsageError: the text is damaged; says where and which field.
    """
    from pydantic import ValidationError

    try:
        kind: Any = cls
        value: T = _adapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"{where} is damaged: {field + ': ' if field else ''}{first['msg']}",
            hint="delete it and run the stage that makes it again",
        ) from error
    return value


@cache
def _adapter(cls: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(cls)


def _plain(value: Any) -> Any:  # noqa: PLR0911 (one for each kind)
    """The value, made of what JSON has; a number that JSON hasn't is null."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no form in JSON")
