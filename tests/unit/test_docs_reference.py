from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docs.generate import __main__ as generate
from docs.generate import variables
from docs.generate.markdown import docstring, table
from fullcycle import ns
from fullcycle.errors import ExitCode
from fullcycle.settings.schema import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
OWN = {"check", "nightly", "weekly"}
"""Chains that pages make, beside those of the collection."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    return tmp_path


def test_the_pages_in_the_repository_say_what_the_code_does() -> None:
    assert generate.main(["--check"]) == 0, "run `python -m docs.generate`"


def test_a_stale_page_is_named_and_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate.main([])
    capsys.readouterr()
    (folder / "settings.md").write_text("stale", encoding="utf-8")
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out == "stale: settings.md\n"
    assert (folder / "settings.md").read_text(encoding="utf-8") == "stale"


def test_writing_the_pages_makes_them_true(folder: Path) -> None:
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    assert len(list(folder.iterdir())) == len(generate.PAGES)


def test_every_command_and_every_table_of_the_settings_has_its_place() -> None:
    commands, settings = generate.text("commands"), generate.text("settings")
    for name in set(ns.task_names) - {"check"}:
        assert f"\n## {name}" in commands
    for key in Settings.model_fields:
        assert re.search(rf"^## .*\b{key}\b|^\| `{key}` \|", settings, re.MULTILINE)
    assert "gateway" in settings, "keys of the installed provider"


def test_every_exit_code_is_explained() -> None:
    page = generate.text("exit-codes")
    for code in ExitCode:
        assert f"| {int(code)} | `{code.name}` |" in page


def test_a_variable_without_a_meaning_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def named() -> Iterator[str]:
        yield "FULLCYCLE_NEW"

    monkeypatch.setattr(variables, "_named", named)
    with pytest.raises(LookupError, match="FULLCYCLE_NEW"):
        variables.page()


def test_commands_that_pages_mention_exist() -> None:
    pages = [*ROOT.glob("docs/*.md"), *ROOT.glob("docs/how-to/*.md"), ROOT / "README.md"]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    mentioned = set(re.findall(r"(?<!from )\binvoke (?:--dry )?([a-z][a-z.-]*[a-z])", text))
    made_there = re.findall(r"^def (\w+)\(\s*c\b", text, re.MULTILINE)
    known = {*ns.task_names, *ns.collections, *OWN, *made_there}
    assert mentioned - known == set()


def test_docstrings_become_markdown() -> None:
    text = "Do it.\n\nArgs:\n    one: the first,\n        which is long.\n    two: it.\n"
    assert docstring(text) == "Do it.\n\nArgs:\n\n- `one`: the first, which is long.\n- `two`: it."


def test_cells_keep_to_their_column() -> None:
    assert table(("A",), [("x | y\nz",)]).splitlines()[2] == "| x \\| y z |"
    assert table(("A",), []) == ""
