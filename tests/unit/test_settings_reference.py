"""Settings shown to people and to editors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from settings_projects import APP, loaded

from fullcycle.settings import json_schema, show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_settings_are_shown_with_value_and_origin(tmp_path: Path) -> None:
    rows = show(loaded(tmp_path, APP), environ={})
    assert ("app.name", "shop", "fullcycle.toml:2") in rows
    assert ("app.port", 8000, "default") in rows
    assert [key for key, _, _ in rows] == sorted(key for key, _, _ in rows)


def test_what_is_shown_fits_into_json(tmp_path: Path) -> None:
    assert json.dumps(show(loaded(tmp_path, APP), environ={}))


def test_secrets_are_masked_by_name_and_by_value(tmp_path: Path) -> None:
    text = """
        secrets = ["TOKEN"]
        [app]
        name = "shop"
        run = "serve --key hunter2"
        env = { TOKEN = "other", DB_PASSWORD = "two words", MODE = "plain" }
        [operate.links]
        dashboard = "https://example.org/hunter2"
        [notify.team]
        url = "https://example.org/0123456789"
    """
    rows = show(loaded(tmp_path, text), environ={"TOKEN": "hunter2"})
    values = {key: value for key, value, _ in rows}
    assert values["app.run"] == "serve --key ***"
    shown = [values[f"app.env.{name}"] for name in ("TOKEN", "DB_PASSWORD", "MODE")]
    assert shown == ["***", "***", "plain"]
    assert values["secrets"] == ["TOKEN"]
    assert values["operate.links.dashboard"] == "https://example.org/***"
    assert values["notify.team.url"] == "***"
    assert "hunter2" not in json.dumps(rows)


def test_every_key_of_the_schema_says_what_it_means() -> None:
    for name, table in {**json_schema()["$defs"], "": json_schema()}.items():
        for key, entry in table["properties"].items():
            assert entry.get("description"), (name, key)


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    made = json_schema()
    for reference in references(made):
        assert reference.removeprefix("#/$defs/") in made["$defs"]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    if isinstance(node, list):
        for each in node:
            yield from references(each)
