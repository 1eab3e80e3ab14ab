from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from git_project import Project

from fullcycle.settings.schema import Release
from fullcycle.versioning.changelog import section, whole
from fullcycle.versioning.commits import standing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.begin(tmp_path / "shop")


def test_a_section_groups_what_a_version_brought(project: Project) -> None:
    fix = project.commit("fix(cart): keep the order")
    drop = project.commit("feat!: drop v1\n\nBREAKING CHANGE: use v2")
    text = section("1.3.0", standing(project.repository.commits()))
    assert text == (
        "## 1.3.0 (2023-11-14)\n"
        "\n### Breaking\n"
        f"\n- drop v1: use v2 ({drop[:7]})\n"
        "\n### Fixes\n"
        f"\n- **cart:** keep the order ({fix[:7]})\n"
    )


def test_a_section_without_commits_says_so() -> None:
    assert section("1.0.0", ()) == "## 1.0.0\n\nNothing that users see.\n"


def test_the_whole_changelog_has_every_version_and_what_waits(project: Project) -> None:
    project.commit("feat: one")
    project.git("tag", "v0.9.0")
    project.commit("feat: two")
    project.git("tag", "v0.10.0rc1")
    project.commit("fix: three")
    project.git("tag", "v0.10.0")
    project.commit("docs: four")
    text = whole(project.repository, Release())
    headings = [line for line in text.splitlines() if line.startswith(("# ", "## "))]
    assert headings == [
        "# Changelog",
        "## Unreleased (2023-11-14)",
        "## 0.10.0 (2023-11-14)",
        "## 0.9.0 (2023-11-14)",
    ]
    released = text.split("## 0.10.0")[1].split("## 0.9.0")[0]
    assert "two" in released
    assert "three" in released
    assert "one" not in released


def test_without_a_release_everything_waits(project: Project) -> None:
    project.commit("feat: one")
    assert "## Unreleased" in whole(project.repository, Release())
