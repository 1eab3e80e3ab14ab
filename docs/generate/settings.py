"""The page of settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fullcycle.settings import json_schema, schema

from .markdown import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INTRO = """# Settings

`fullcycle.toml`, or the table `[tool.fullcycle]` of `pyproject.toml`. What is said later counts:
the file, then the key `fullcycle` of Invoke's configuration (`invoke.yaml`, `ns.configure`), then
environment variables (see [Environment variables](variables.md)), then flags. All layers are
validated as one: an unknown key or a wrong value is an error, all of them are reported at once, and
the command ends with exit code 2. `invoke config.show` prints what is in force and where each value
comes from; `invoke config.schema` prints the JSON Schema of the file, for editors."""
TABLES = {
    "App": "[app]",
    "Defaults": "[defaults]",
    "Plan": "[plan]",
    "CommandStep": "[code.NAME]",
    "Build": "[build]",
    "TestStep": "[test.NAME]",
    "Smoke": "[smoke]",
    "Release": "[release]",
    "Environment": "[environments.NAME]",
    "StrategySettings": "[environments.NAME.strategy]",
    "Autoscale": "[environments.NAME.autoscale]",
    "Operate": "[operate]",
    "RunbookStep": "[[operate.runbook]]",
    "Monitor": "[monitor]",
    "Thresholds": "[monitor.thresholds]",
}
"""How each table of the schema is written in the file, in the order of the loop."""


def page() -> str:
    """From the JSON Schema, the installed providers' own keys included."""
    made = json_schema()
    tables = made["$defs"]
    parts = [INTRO]
    parts += [_table(f"`{TABLES[name]}`", tables[name], _about(name)) for name in _order(tables)]
    parts += [_provider(each) for each in tables["Environment"].get("allOf", ())]
    own = {key: made["properties"][key] for key in ("secrets", "chains")}
    top = {"properties": own, "required": made.get("required", [])}
    parts.append(_table("`secrets` and `[chains]`", top, "Beside the tables."))
    return "\n\n".join(parts)


def _order(tables: Mapping[str, Any]) -> list[str]:
    """Every table of ours has its place; a new one without one is an error here."""
    unknown = {name for name in tables if "." not in name} - set(TABLES)
    if unknown:
        raise LookupError(f"say in TABLES how these are written: {', '.join(sorted(unknown))}")
    return [name for name in TABLES if name in tables]


def _about(name: str) -> str:
    return str(getattr(schema, name).__doc__ or "")


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
    if "anyOf" in value:
        return " or ".join(kind(each) for each in value["anyOf"] if each.get("type") != "null")
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
            each = value.get("additionalProperties")
            return f"table of {kind(each)}" if isinstance(each, dict) else "table"
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
