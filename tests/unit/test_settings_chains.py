"""Chains in the settings: links, groups, and tables of one link."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from settings_projects import APP, loaded, problems, write

from fullcycle.settings import json_schema, show
from fullcycle.settings.glance import chains

if TYPE_CHECKING:
    from pathlib import Path

NIGHTLY = (
    APP
    + """
[chains]
nightly = [["lint", { run = "types", continue = true }], "build", { run = "tidy", always = true }]
"""
)
WRITTEN = [
    ["lint", {"run": "types", "always": False, "continue": True}],
    "build",
    {"run": "tidy", "always": True, "continue": False},
]


def test_links_are_text_tables_or_lists_of_these(tmp_path: Path) -> None:
    settings = loaded(tmp_path, NIGHTLY).settings

    assert settings.written_chains() == {"nightly": WRITTEN}


def test_they_are_shown_as_they_can_be_written(tmp_path: Path) -> None:
    rows = {key: value for key, value, _ in show(loaded(tmp_path, NIGHTLY))}

    assert rows["chains.nightly"] == WRITTEN


def test_the_glance_finds_the_same_chains(tmp_path: Path) -> None:
    write(tmp_path, NIGHTLY)

    assert chains(tmp_path)["nightly"][0] == ["lint", {"run": "types", "continue": True}]


@pytest.mark.parametrize(
    ("link", "message"),
    [
        (
            "3",
            "chains.mine[0]: should be text, a table { run = … } or a list of these, is the whole number 3",  # noqa: E501
        ),
        (
            "[3]",
            "chains.mine[0][0]: should be text or a table { run = … }, is the whole number 3",
        ),
        ('[["a"]]', "chains.mine[0][0]: should be text or a table { run = … }, is a list"),
        ("''", "chains.mine[0]: should not be empty, is the text ''"),
        ("{ always = true }", "chains.mine[0].run: is missing"),
        (
            "{ run = 'a', contineu = true }",
            "chains.mine[0].contineu: unknown key, did you mean 'continue'?",
        ),
        (
            "{ run = 'a', always = 'yes' }",
            "chains.mine[0].always: should be true or false, is the text 'yes'",
        ),
    ],
)
def test_a_wrong_link_is_named_with_its_place_and_what_it_should_be(
    tmp_path: Path, link: str, message: str
) -> None:
    found = problems(tmp_path, f"{APP}\n[chains]\nmine = [{link}]\n")

    assert found == [f"fullcycle.toml:5: {message}"]


@pytest.mark.parametrize("links", ["3", "[3]", "[{ always = true }]", "[[[]], 3]"])
def test_the_glance_leaves_wrong_chains_to_those_who_load_the_settings(
    tmp_path: Path, links: str
) -> None:
    write(tmp_path, f"{APP}\n[chains]\nmine = {links}\n")

    assert chains(tmp_path) == {}


def test_the_schema_for_editors_describes_all_forms() -> None:
    made = json_schema()

    assert "passable" not in json.dumps(made)
    assert made["$defs"]["Link"]["properties"]["continue"]["description"].startswith("Go on")
    assert "run" in made["$defs"]["Link"]["required"]
