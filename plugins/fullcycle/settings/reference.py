"""Settings shown to people and to editors."""

from __future__ import annotations

import ast
import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fullcycle import providers
from fullcycle.errors import FullcycleError

from . import schema
from .keys import Key, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .loaded import Loaded

MASK = "***"


def show(loaded: Loaded, environ: Mapping[str, str] | None = None) -> list[tuple[str, Any, str]]:
    """Key, value and origin of every setting in force, by key; secrets are masked.

    Args:
        loaded: the settings.
        environ: where the values of secrets are; the variables of this process by default.
    """
    environ = os.environ if environ is None else environ
    names = loaded.secret_names()
    hidden = [environ[name] for name in sorted(names) if environ.get(name)]
    return [
        (dotted(key), _masked(key, value, names, hidden), loaded.origins[dotted(key)])
        for key, value in sorted(loaded.values.items(), key=lambda item: dotted(item[0]))
    ]


def _masked(key: Key, value: Any, names: frozenset[str], hidden: list[str]) -> Any:
    if key[-1] in names:
        return MASK
    if isinstance(value, dict):
        return {name: _masked((*key, name), each, names, hidden) for name, each in value.items()}
    if isinstance(value, list):
        return [_masked(key, each, names, hidden) for each in value]
    if isinstance(value, str):
        for secret in hidden:
            value = value.replace(secret, MASK)
    return value


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a settings file, with what every key means, for editors."""
    made = schema.Settings.model_json_schema()
    texts = _texts(Path(schema.__file__))
    for name, table in {**made["$defs"], "Settings": made}.items():
        for model in reversed(getattr(schema, name).__mro__):
            for key, text in texts.get(model.__name__, {}).items():
                table["properties"][key]["description"] = text
    made["$defs"]["Environment"]["allOf"] = _options()
    return {
        **made,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "fullcycle.toml",
    }


def _texts(module: Path) -> dict[str, dict[str, str]]:
    """The texts under the fields, by class and field.

    Read here, as pydantic would read them at every start.
    """
    try:
        tree = ast.parse(module.read_text(encoding="utf-8"))
    except OSError:
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


def _options() -> list[dict[str, Any]]:
    """What each installed provider adds to an environment; broken ones add nothing."""
    found = []
    for name in sorted(providers.installed()):
        try:
            own = providers.load(name).Options.model_json_schema()
        except FullcycleError:
            continue
        chosen: dict[str, Any] = {"properties": {"provider": {"const": name}}}
        if name != schema.PROVIDER:
            chosen["required"] = ["provider"]
        found.append({"if": chosen, "then": {"properties": own.get("properties", {})}})
    return found
