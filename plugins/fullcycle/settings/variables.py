"""Settings out of environment variables: `FULLCYCLE_APP__PORT=9000`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .keys import MISSING, Key, lookup, merged, nested
from .schema import PROVIDER, Settings
from .shape import allows_more, child, fields, fits, is_free, spelled
from .words import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX = "FULLCYCLE_"
LEVEL = "__"
RESERVED = frozenset(
    [
        "ALERT",
        "APP",
        "DASHBOARD_HOST",
        "DASHBOARD_OPEN",
        "DASHBOARD_TOKEN",
        "DEBUG",
        "DEPLOYMENT",
        "DIGEST",
        "ENV",
        "ENVIRONMENT",
        "HOME",
        "LOG",
        "PROJECT",
        "REPLICA",
        "ROOT",
        "RUN",
        "RUN_ID",
        "STEP",
        "VERSION",
    ]
)
"""What follows the prefix in variables that are no settings: FULLCYCLE_HOME moves the state of
the embedded provider; the others tell commands and replicas what they are part of."""


@dataclass
class Variables:
    """The settings found in the environment."""

    data: dict[str, Any] = field(default_factory=dict)
    names: dict[Key, str] = field(default_factory=dict)
    """The variable each key comes from."""
    problems: list[str] = field(default_factory=list)


class UnknownVariableError(Exception):
    """A variable stands for no key."""


def read(
    environ: Mapping[str, str], below: Mapping[str, Any], options: Callable[[Any], Any]
) -> Variables:
    """All variables that begin with the prefix, but for the reserved ones.

    A value is read as TOML when that makes what the schema wants, and as text otherwise.

    Args:
        environ: the variables.
        below: the settings of the layers below: they say which provider an environment has.
        options: the type of a provider's own settings, by its name; Any when it can't be loaded.
    """
    found = Variables()
    for variable in sorted(filter(_is_setting, environ), key=_provider_first):
        try:
            key, shape = _target(variable, merged(below, found.data), options)
        except UnknownVariableError as error:
            found.problems.append(f"{variable}: {error}")
            continue
        value = _value(environ[variable], shape)
        found.data = merged(found.data, nested(key, value))
        found.names[key] = variable
    return found


def _is_setting(variable: str) -> bool:
    return variable.startswith(PREFIX) and variable.removeprefix(PREFIX) not in RESERVED


def _provider_first(variable: str) -> tuple[bool, str]:
    """Which keys an environment may have depends on its provider."""
    return not variable.endswith("__PROVIDER"), variable


def _target(
    variable: str, data: Mapping[str, Any], options: Callable[[Any], Any]
) -> tuple[tuple[str, ...], Any]:
    """The key a variable stands for, and its type."""
    parts = variable.removeprefix(PREFIX).split(LEVEL)
    key: tuple[str, ...] = ()
    shape: Any = Settings
    while parts:
        part = LEVEL.join(parts) if is_free(shape) else parts[0]
        parts = [] if is_free(shape) else parts[1:]
        shapes = [shape, *_own(key, data, options)]
        name, shape = _step(shapes, part, variable)
        key = (*key, name)
        _known_environment(key, parts, data)
    return key, shape


def _own(key: Key, data: Mapping[str, Any], options: Callable[[Any], Any]) -> list[Any]:
    """The types of the provider's own keys, inside an environment."""
    if len(key) != 2 or key[0] != "environments":  # noqa: PLR2004 (environments.NAME)
        return []
    provider = lookup(data, (*key, "provider"))
    own = options(PROVIDER if provider is MISSING else provider)
    return [own, Any] if allows_more(own) else [own]


def _step(shapes: list[Any], part: str, variable: str) -> tuple[str, Any]:
    for shape in shapes:
        name = spelled(shape, part)
        if name is not None:
            return name, child(shape, name)
    known = [each.upper() for shape in shapes for each in fields(shape)]
    meant = nearest(part, known)
    if meant:
        raise UnknownVariableError(
            f"unknown key, did you mean {_respelled(variable, part, meant)}?"
        )
    raise UnknownVariableError(f"unknown key, known here: {', '.join(known) or 'none'}")


def _respelled(variable: str, part: str, meant: str) -> str:
    before, _, after = variable.removeprefix(PREFIX).partition(part)
    return f"{PREFIX}{before}{meant}{after}"


def _known_environment(key: tuple[str, ...], parts: list[str], data: Mapping[str, Any]) -> None:
    """A variable makes no environment, unless it says which provider it has."""
    if len(key) != 2 or key[0] != "environments" or parts == ["PROVIDER"]:  # noqa: PLR2004
        return
    known = lookup(data, ("environments",))
    if isinstance(known, dict) and key[1] not in known:
        meant = nearest(key[1], known)
        advice = f"did you mean {meant!r}?" if meant else f"there are: {', '.join(known)}"
        raise UnknownVariableError(f"unknown environment {key[1]!r}, {advice}")


def _value(text: str, shape: Any) -> Any:
    parsed = _toml(text)
    if parsed is MISSING or fits(shape, parsed):
        return text if parsed is MISSING else parsed
    return text if fits(shape, text) else parsed


def _toml(text: str) -> Any:
    if "\n" in text and not text.lstrip().startswith(("[", '"""', "'''")):
        return MISSING
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return MISSING
    return parsed["value"] if len(parsed) == 1 else MISSING
