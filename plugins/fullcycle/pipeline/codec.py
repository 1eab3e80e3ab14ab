"""The model's values as JSON, and back."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from fullcycle.errors import UsageError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


def dump(value: object, *, indent: int | None = None) -> str:
    """A dataclass of the model, or a list of them, as JSON."""
    kind: Any = type(value)
    return _adapter(kind).dump_json(value, indent=indent).decode()


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
