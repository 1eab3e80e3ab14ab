"""Settings checked as a whole: every problem at once, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from fullcycle.errors import OutOfReachError, UsageError

from .keys import MISSING, Key, lookup
from .schema import PROVIDER, Environment, Settings
from .shape import allows_more, as_json, at, fields
from .words import explain, nearest, unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_core import ErrorDetails

Problem = tuple[Key, str]
"""A key and what is wrong with it."""

SECRETIVE = frozenset({"env", "secrets", "url", "headers", "body", "apprise"})
"""Keys under which values are not shown in errors."""


@dataclass
class Checked:
    """What validation found."""

    settings: Settings | None = None
    options: dict[str, Any] = field(default_factory=dict)
    """The providers' own settings, by environment; without those whose provider can't be loaded
    on this machine."""
    problems: list[Problem] = field(default_factory=list)


def validate(data: Mapping[str, Any], options: Callable[[str], Any]) -> Checked:
    """All that is wrong with the settings, or the settings.

    Args:
        data: what is in force, of all layers.
        options: the type of a provider's own settings; raises what `providers.load` raises.
    """
    checked = Checked()
    try:
        checked.settings = Settings.model_validate_json(as_json(data), strict=True)
    except ValidationError as error:
        checked.problems += [_problem(each, data, Settings) for each in error.errors()]
    _check_default_environment(checked, data)
    for name, table in _tables(data, "environments"):
        _check_options(checked, name, table, options)
    return checked


def _check_default_environment(checked: Checked, data: Mapping[str, Any]) -> None:
    name = lookup(data, ("defaults", "env"))
    names = dict(_tables(data, "environments"))
    if isinstance(name, str) and name not in names:
        meant = nearest(name, names)
        advice = f"did you mean {meant!r}?" if meant else f"there are: {', '.join(names)}"
        problem = f"unknown environment {name!r}, {advice}"
        checked.problems.append((("defaults", "env"), problem))


def _check_options(
    checked: Checked, name: str, table: Mapping[str, Any], options: Callable[[str], Any]
) -> None:
    provider = table.get("provider", PROVIDER)
    if not isinstance(provider, str):
        return
    key = ("environments", name)
    try:
        own = options(provider)
    except OutOfReachError:
        return
    except UsageError as error:
        checked.problems.append(((*key, "provider"), f"{error.message}, {error.hint}"))
        return
    written = {each: table[each] for each in table if each not in Environment.model_fields}
    checked.problems += _unknown(key, written, own)
    try:
        checked.options[name] = own.model_validate_json(as_json(written), strict=True)
    except ValidationError as error:
        checked.problems += [
            _problem(each, written, own, key)
            for each in error.errors()
            if each["type"] != "extra_forbidden" or len(each["loc"]) > 1
        ]


def _unknown(key: Key, written: Mapping[str, Any], own: type[BaseModel]) -> list[Problem]:
    """Keys that neither all environments have nor this provider's."""
    if allows_more(own):
        return []
    mine = fields(own)
    known = [*Environment.model_fields, *mine]
    return [((*key, each), unknown("key", each, known)) for each in written if each not in mine]


def _problem(
    error: ErrorDetails, data: Mapping[str, Any], model: type[BaseModel], above: Key = ()
) -> Problem:
    key = _key(error, data)
    quiet = not SECRETIVE.isdisjoint(key)
    known = fields(at(model, key[:-1]))
    message = explain(error, _value(error, data, key), known, quiet=quiet)
    return (*above, *key), message


def _key(error: ErrorDetails, data: Mapping[str, Any]) -> Key:
    """The error's place without what pydantic adds: `[key]`, and the names of alternatives."""
    loc = error["loc"]
    key: Key = ()
    for count, part in enumerate(loc, 1):
        missing = count == len(loc) and error["type"] == "missing"
        if missing or lookup(data, (*key, part)) is not MISSING:
            key = (*key, part)
    return key


def _value(error: ErrorDetails, data: Mapping[str, Any], key: Key) -> Any:
    """What the user wrote there."""
    return error["input"] if error["loc"][-1] == "[key]" else lookup(data, key)


def _tables(data: Mapping[str, Any], name: str) -> list[tuple[str, Mapping[str, Any]]]:
    found = data.get(name)
    tables = found.items() if isinstance(found, Mapping) else ()
    return [(each, table) for each, table in tables if isinstance(table, Mapping)]
