"""Settings shown to people and to editors."""

from __future__ import annotations

import ast
import os
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fullcycle import providers
from fullcycle.errors import FullcycleError
from fullcycle.pipeline.mask import HIDDEN, Masker

from . import schema
from .keys import Key, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .loaded import Loaded

NOTIFIERS_SECRETS = frozenset({"url", "headers", "apprise"})
"""Keys of a notifier whose values often hold a token: nothing of them is shown."""


def show(loaded: Loaded, environ: Mapping[str, str] | None = None) -> list[tuple[str, Any, str]]:
    """Key, value and origin of every setting in force, by key; secrets are masked.

    Args:
        loaded: the settings.
        environ: where the values of secrets are; the variables of this process by default.
    """
    names = loaded.secret_names()
    masker = Masker.from_names(names, os.environ if environ is None else environ)
    return [
        (dotted(key), _masked(key, value, names, masker), loaded.origins[dotted(key)])
        for key, value in sorted(loaded.values.items(), key=lambda item: dotted(item[0]))
    ]


def _masked(key: Key, value: Any, names: frozenset[str], masker: Masker) -> Any:
    if isinstance(value, dict):
        return {name: _masked((*key, name), each, names, masker) for name, each in value.items()}
    if isinstance(value, list):
        return [_masked(key, each, names, masker) for each in value]
    if not isinstance(value, str):
        return value
    if key[:1] == ("notify",) and not NOTIFIERS_SECRETS.isdisjoint(key):
        return value and HIDDEN
    return HIDDEN if _is_secret(key[-1], names, masker) else masker.mask(value)


def _is_secret(name: str | int, names: frozenset[str], masker: Masker) -> bool:
    """Whether the name is one of the secrets', or looks like a secret's."""
    assigned = f"{name}=something"
    return name in names or masker.mask(assigned) != assigned


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a settings file, with what every key means, for editors."""
    made = schema.Settings.model_json_schema()
    for name, table in {**made["$defs"], "Settings": made}.items():
        describe(table, getattr(schema, name))
    made["$defs"]["Environment"]["allOf"] = list(_options(made["$defs"]))
    return {
        **made,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "fullcycle.toml",
    }


def _options(definitions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What each installed provider adds to an environment; broken ones add nothing.

    The tables inside a provider's own settings join the definitions, under its name.
    """
    for name in sorted(providers.installed()):
        try:
            options = providers.load(name).Options
        except FullcycleError:
            continue
        own = options.model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
        for inner, table in own.pop("$defs", {}).items():
            definitions[f"{name}.{inner}"] = describe(table, _inner(options, inner))
        chosen: dict[str, Any] = {"properties": {"provider": {"const": name}}}
        if name != schema.PROVIDER:
            chosen["required"] = ["provider"]
        yield {"if": chosen, "then": {"properties": describe(own, options)["properties"]}}


def _inner(options: type[Any], name: str) -> type[Any]:
    """A table inside a provider's settings: it is defined, or imported, beside them."""
    found: type[Any] = getattr(sys.modules[options.__module__], name, object)
    return found


def describe(table: dict[str, Any], model: type[Any]) -> dict[str, Any]:
    """The schema of a table, with the texts under the model's fields as descriptions.

    Args:
        table: a JSON Schema of an object; changed in place, and returned.
        model: the class it was made of.
    """
    table.setdefault("properties", {})
    for each in reversed(model.__mro__):
        for key, text in _texts(each.__module__).get(each.__name__, {}).items():
            if key in table["properties"]:
                table["properties"][key].setdefault("description", text)
    return table


@cache
def _texts(module: str) -> dict[str, dict[str, str]]:
    """The texts under the fields of a module's classes, by class and field.

    Read here, as pydantic would read them at every start of every command.
    """
    try:
        tree = ast.parse(Path(sys.modules[module].__file__ or "").read_text(encoding="utf-8"))
    except (AttributeError, KeyError, OSError, SyntaxError, UnicodeDecodeError):
        return {}
    return {
        each.name: dict(_fields(each.body)) for each in tree.body if isinstance(each, ast.ClassDef)
    }


def _fields(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, text in pairwise(body):
        match field, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(words))),
            ):
                yield name, " ".join(words.split())
