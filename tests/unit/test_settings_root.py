"""Where a project begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from settings_projects import APP, write

from fullcycle.settings import find_root

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A folder in a folder in a git repository."""
    (tmp_path / ".git").mkdir()
    deep = tmp_path / "outer" / "inner"
    deep.mkdir(parents=True)
    return deep


def test_the_nearest_settings_file_marks_the_root(tmp_path: Path, deep: Path) -> None:
    write(tmp_path, APP)
    write(deep.parent, APP)
    assert find_root(deep) == deep.parent


@pytest.mark.parametrize(
    "text",
    [
        "[tool.fullcycle.app]\nname = 'x'\n",
        "[tool]\nfullcycle = {}\n",
        "tool.fullcycle.app.name = 'x'\n",
        "[tool.fullcycle\n",
    ],
)
def test_settings_in_pyproject_mark_it_too(deep: Path, text: str) -> None:
    write(deep.parent, text, "pyproject.toml")
    assert find_root(deep) == deep.parent


def test_a_pyproject_that_only_mentions_fullcycle_does_not(tmp_path: Path, deep: Path) -> None:
    write(deep.parent, "[dependency-groups]\ndev = ['fullcycle']\n", "pyproject.toml")
    assert find_root(deep) == tmp_path


def test_settings_further_up_win_over_a_nearer_tasks_file(tmp_path: Path, deep: Path) -> None:
    write(tmp_path, APP)
    (deep / "tasks.py").touch()
    assert find_root(deep) == tmp_path


def test_without_settings_the_tasks_file_marks_the_root(deep: Path) -> None:
    (deep.parent / "tasks.py").touch()
    assert find_root(deep) == deep.parent


def test_without_either_it_is_the_root_of_the_repository(tmp_path: Path, deep: Path) -> None:
    assert find_root(deep) == tmp_path


def test_settings_outside_the_repository_are_not_its_own(tmp_path: Path) -> None:
    write(tmp_path, APP)
    inside = tmp_path / "clone"
    (inside / ".git").mkdir(parents=True)
    assert find_root(inside) == inside
