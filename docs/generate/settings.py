"""The page of settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fullcycle.settings import json_schema

from .markdown import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Named = tuple[str, dict[str, Any]]
INTRO = """# Settings

`fullcycle.toml`, or the table `[tool.fullcycle]` of `pyproject.toml`. What is said later counts:
the file, then the key `fullcycle` of Invoke's configuration (`invoke.yaml`, `ns.configure`), then
environment variables (see [Environment variables](variables.md)), then flags. All layers are
validated as one: an unknown key or a wrong value is an error, all of them are reported at once, and
the command ends with exit code 2. `invoke config.show` prints what is in force and where each value
comes from; `invoke config.schema` prints the JSON Schema of the file, for editors."""


def page() -> str:
    """From the JSON Schema, the installed providers' own keys included."""
    made = json_schema()
    tables = dict(_tables(made, "", made["$defs"]))
    parts = [
        _table(_title(path), table, table.get("description", "")) for path, table in tables.items()
    ]
    parts += [_provider(each) for each in made["$defs"]["Environment"].get("allOf", ())]
    plain = {key: each for key, each in made["properties"].items() if not _is_table(each)}
    parts.append(_table("Without a section above", {"properties": plain}, "On the top level."))
    return "\n\n".join([INTRO, *parts])


def _tables(described: Mapping[str, Any], path: str, known: Mapping[str, Any]) -> Iterator[Named]:
    """Every table that a file may have, by its path, in the order of the settings."""
    for key, value in described["properties"].items():
        nearest = {name: way for way, name in reversed(list(_references(value)))}
        for name, way in nearest.items():
            inner = f"{path}.{key}{way}".removeprefix(".")
            yield inner, known[name]
            yield from _tables(known[name], inner, known)


def _references(value: Mapping[str, Any], way: str = "") -> Iterator[tuple[str, str]]:
    """The tables a key may hold, each with how it is reached: directly, by name or in a list."""
    if "$ref" in value:
        yield way, value["$ref"].removeprefix("#/$defs/")
    for each in (*value.get("anyOf", ()), *value.get("oneOf", ())):
        yield from _references(each, way)
    for each in _by_name(value):
        yield from _references(each, f"{way}.NAME")
    if "items" in value:
        yield from _references(value["items"], f"{way}[]")


def _by_name(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the keys hold of a table whose keys are names."""
    more = value.get("additionalProperties")
    return [*value.get("patternProperties", {}).values(), *([more] if more else [])]


def _is_table(value: Mapping[str, Any]) -> bool:
    return "$ref" in value or any("$ref" in each for each in _by_name(value))


def _title(path: str) -> str:
    return f"An entry of `{path[:-2]}`" if path.endswith("[]") else f"`[{path}]`"


def _provider(conditional: Mapping[str, Any]) -> str:
    name = conditional["if"]["properties"]["provider"]["const"]
    title = f'`[environments.NAME]` with `provider = "{name}"`'
    return _table(title, conditional["then"], "Keys of this provider, beside the common ones.")


def _table(title: str, described: Mapping[str, Any], about: str) -> str:
    return f"## {title}\n\n{about}\n\n" + table(
        ("Key", "Type", "Default", "Meaning"), _rows(described)
    )


def _rows(described: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    required = described.get("required", ())
    for key, value in described["properties"].items():
        default = "must be given" if key in required else _default(value.get("default"))
        yield f"`{key}`", kind(value), default, value.get("description", "")


def _default(value: Any) -> str:
    return "" if value in (None, "", [], {}) else f"`{json.dumps(value)}`"


def kind(value: Mapping[str, Any]) -> str:
    """The type of a key, in a few words."""
    if "$ref" in value:
        return "table"
    several = [each for each in value.get("anyOf", ()) if each.get("type") != "null"]
    if several or "oneOf" in value:
        return " or ".join(kind(each) for each in several or value["oneOf"])
    if "enum" in value:
        return " or ".join(f"`{json.dumps(each)}`" for each in value["enum"])
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    return _compound(value)


def _compound(value: Mapping[str, Any]) -> str:
    match value.get("type"):
        case "array":
            return f"list of {kind(value['items'])}"
        case "object":
            each = _by_name(value)
            return f"table of {kind(each[0])}" if each else "table"
        case plain:
            return f"{plain}{_range(value)}"


def _range(value: Mapping[str, Any]) -> str:
    words = {
        "minimum": "from {}",
        "exclusiveMinimum": "more than {}",
        "maximum": "to {}",
        "exclusiveMaximum": "less than {}",
    }
    said = [text.format(value[key]) for key, text in words.items() if key in value]
    return f" {' '.join(said)}" if said else ""
