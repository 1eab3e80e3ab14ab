"""Settings errors in human words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from .keys import MISSING

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic_core import ErrorDetails

LONGEST = 60
"""Characters of a wrong value that are shown."""

_SHOULD = {
    "int": "should be a whole number",
    "float": "should be a number",
    "finite": "should be a finite number",
    "bool": "should be true or false",
    "string": "should be text",
    "tuple": "should be a list",
    "list": "should be a list",
    "set": "should be a list",
    "frozen": "should be a list",
    "dict": "should be a table",
    "model": "should be a table",
    "dataclass": "should be a table",
    "path": "should be a path",
}
"""By the first word of pydantic's error types that are about types: `int_type`, `int_parsing`."""

_LIMITS = {
    "greater_than": "should be more than {gt:g}",
    "greater_than_equal": "should be at least {ge:g}",
    "less_than": "should be less than {lt:g}",
    "less_than_equal": "should be at most {le:g}",
    "too_short": "should have at least {min_length}",
    "too_long": "should have at most {max_length}",
    "string_too_short": "should have at least {min_length} characters",
    "string_too_long": "should have at most {max_length} characters",
}


def nearest(word: str, candidates: Collection[str]) -> str:
    """What was probably meant; empty when nothing is near."""
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    found = get_close_matches(word.lower(), by_lower, 1)
    return by_lower[found[0]] if found else ""


def unknown(what: str, word: str, candidates: Collection[str]) -> str:
    """`unknown key, did you mean 'port'?`; all that is known when nothing is near."""
    meant = nearest(word, candidates)
    if meant:
        return f"unknown {what}, did you mean {meant!r}?"
    return f"unknown {what}, known here: {', '.join(candidates) or 'none'}"


def explain(error: ErrorDetails, value: Any, known: Collection[str], *, quiet: bool) -> str:
    """What is wrong with a value, and what was meant.

    Args:
        error: as pydantic reports it.
        value: what the user wrote.
        known: the keys that may stand beside the wrong one.
        quiet: don't show the value: it may be a secret.
    """
    kind = error["type"]
    if kind == "extra_forbidden":
        return unknown("key", str(error["loc"][-1]), known)
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return error["msg"].removeprefix("Value error, ")
    return f"{should(error)}, {_instead(error, value, quiet=quiet)}"


def should(error: ErrorDetails) -> str:
    """What pydantic asks for, in plain words."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "literal_error":
        return f"should be {context['expected']}"
    if kind == "string_pattern_mismatch":
        return _pattern(context["pattern"])
    if kind in _LIMITS:
        return _LIMITS[kind].format_map(context)
    family, _, rest = kind.partition("_")
    if family in _SHOULD and re.match(r"type|parsing|from|number|set|attributes", rest):
        return _SHOULD[family]
    return error["msg"].replace("Input should", "should").removeprefix("Value error, ")


def _pattern(pattern: str) -> str:
    from .forms import PATTERNS

    return PATTERNS.get(pattern, f"should match the pattern {pattern}")


def _instead(error: ErrorDetails, value: Any, *, quiet: bool) -> str:
    if quiet:
        return f"is {_kind(value)}"
    text = f"is {described(value)}"
    if error["type"] == "literal_error" and isinstance(value, str):
        meant = nearest(value, re.findall(r"'([^']*)'", error.get("ctx", {})["expected"]))
        return f"{text}, did you mean {meant!r}?" if meant else text
    if error["type"] in {"tuple_type", "list_type"} and isinstance(value, str):
        return f"{text}, write [{json.dumps(_short(value), ensure_ascii=False)}]"
    return text


def described(value: Any) -> str:
    """A value and what it is: `the text 'three'`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list | tuple) or value is None or value is MISSING:
        return _kind(value)
    shown = repr(_short(value)) if isinstance(value, str) else str(value)
    return f"{_kind(value).replace('a ', 'the ', 1)} {shown}"


def _kind(value: Any) -> str:
    kinds: tuple[tuple[Any, str], ...] = (
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a number"),
        (str, "a text"),
        (Mapping, "a table"),
        ((list, tuple), "a list"),
        ((datetime, date, time), "a date"),
    )
    return next((word for kind, word in kinds if isinstance(value, kind)), "nothing")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
