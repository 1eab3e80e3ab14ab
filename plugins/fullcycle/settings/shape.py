"""The schema, walked along a key: what may stand there, and of which type."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .keys import Key


def fields(shape: Any) -> list[str]:
    """The keys of a table; empty for anything else, and for a table of free names."""
    return [
        field.alias or name
        for model in _alternatives(shape)
        if _is_model(model)
        for name, field in model.model_fields.items()
    ]


def child(shape: Any, part: str | int) -> Any:
    """The type of what is inside a table or list under that key; None when nothing may be."""
    for each in _alternatives(shape):
        if _is_model(each):
            for name, field in each.model_fields.items():
                if part in {name, field.alias}:
                    return field.rebuild_annotation()
        elif each is Any:
            return Any
        elif get_origin(each) in {dict, list, tuple, set, frozenset} and get_args(each):
            return get_args(each)[-1 if get_origin(each) is dict else 0]
    return None


def at(shape: Any, key: Key) -> Any:
    """The type at the key; None when nothing may be there."""
    for part in key:
        shape = child(shape, part)
    return shape


def spelled(shape: Any, part: str) -> str | None:
    """The key that an environment variable's part stands for; None when nothing may.

    Fields are lower case. A free name is taken as it is written, in lower case, or with `-` for
    `_`, whichever the schema allows.
    """
    lower = part.lower()
    forms = (part, lower, lower.replace("_", "-"), lower.replace("-", "_"))
    for each in _alternatives(shape):
        if _is_model(each):
            found = next((form for form in forms if form in fields(each)), None)
        elif get_origin(each) is dict:
            found = next((form for form in forms if fits(get_args(each)[0], form)), None)
        else:
            found = lower if each is Any else None
        if found is not None:
            return found
    return None


def is_free(shape: Any) -> bool:
    """Whether it is a table of free names that holds no tables itself (variables, say)."""
    return any(
        get_origin(each) is dict and not fields(get_args(each)[1]) for each in _alternatives(shape)
    )


def allows_more(shape: Any) -> bool:
    """Whether a table takes keys that are not in its schema."""
    return _is_model(shape) and shape.model_config.get("extra") == "allow"


def fits(shape: Any, value: Any) -> bool:
    """Whether the value is of the type, without any conversion."""
    adapter: TypeAdapter[Any] = TypeAdapter(shape)
    try:
        adapter.validate_json(as_json(value), strict=True)
    except ValidationError:
        return False
    return True


def as_json(value: Any) -> str:
    """The value as JSON. Dates and paths become text, as JSON has neither."""
    import json

    return json.dumps(value, default=str)


def _alternatives(shape: Any) -> Iterator[Any]:
    """The type without annotations; each of them, if there are several."""
    origin = get_origin(shape)
    if origin is Annotated:
        yield from _alternatives(get_args(shape)[0])
    elif origin in {Union, types.UnionType}:
        for each in get_args(shape):
            yield from _alternatives(each)
    else:
        yield shape


def _is_model(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, BaseModel)
