from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from git_project import ISOLATED, Project

from fullcycle.errors import OutOfReachError, StepError, UsageError
from fullcycle.versioning.tag import push, tag

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name, value in ISOLATED.items():
        monkeypatch.setenv(name, value)
    return Project.begin(tmp_path / "shop")


def test_the_tag_marks_the_built_commit_and_carries_the_notes(project: Project) -> None:
    built = project.commit("feat: one")
    project.commit("feat: two")
    said = tag(project.repository, "v1.0.0", built, "## 1.0.0\n\n### Features\n\n- one\n")
    assert said == f"tagged {built[:7]} as v1.0.0"
    assert project.git("rev-parse", "v1.0.0^{commit}") == built
    assert project.git("cat-file", "-t", "v1.0.0") == "tag"
    notes = project.git("for-each-ref", "--format=%(contents)", "refs/tags/v1.0.0")
    assert notes == "## 1.0.0\n\n### Features\n\n- one"


def test_tagging_the_same_commit_again_changes_nothing(project: Project) -> None:
    built = project.commit("feat: one")
    tag(project.repository, "v1.0.0", built, "notes")
    made = project.git("rev-parse", "v1.0.0")
    assert "is there already" in tag(project.repository, "v1.0.0", built, "other notes")
    assert project.git("rev-parse", "v1.0.0") == made


def test_a_tag_at_another_commit_is_a_usage_error(project: Project) -> None:
    one = project.commit("feat: one")
    two = project.commit("feat: two")
    tag(project.repository, "v1.0.0", one, "notes")
    with pytest.raises(UsageError, match=f"at another commit: {one[:7]}, not {two[:7]}"):
        tag(project.repository, "v1.0.0", two, "notes")


def test_a_commit_that_is_not_here_cannot_be_tagged(project: Project) -> None:
    project.commit("feat: one")
    with pytest.raises(UsageError, match="commit 1111111, which was built, is not in this clone"):
        tag(project.repository, "v1.0.0", "1" * 40, "notes")


def test_a_name_git_does_not_take_is_an_error(project: Project) -> None:
    built = project.commit("feat: one")
    for name in ("-d", "v 1", "v..1"):
        with pytest.raises(StepError, match="is not a valid tag name"):
            tag(project.repository, name, built, "notes")


def test_where_git_knows_nobody_the_tag_is_made_by_fullcycle(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = project.commit("feat: one")
    for name in ISOLATED:
        if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER")):
            monkeypatch.delenv(name)
    project.git("config", "user.useConfigOnly", "true")
    assert "by fullcycle <fullcycle@localhost>" in tag(project.repository, "v1.0.0", built, "")
    tagger = project.git("for-each-ref", "--format=%(taggername)", "refs/tags/v1.0.0")
    assert tagger == "fullcycle"
    assert "user.name" not in project.git("config", "--local", "--list")


def test_a_tag_is_pushed_to_origin_and_may_be_pushed_again(
    project: Project, tmp_path: Path
) -> None:
    built = project.commit("feat: one")
    clone = project.clone(tmp_path / "clone")
    tag(clone.repository, "v1.0.0", built, "notes")
    assert push(clone.repository, "v1.0.0") == "pushed tag v1.0.0 to origin"
    push(clone.repository, "v1.0.0")
    assert project.git("rev-parse", "v1.0.0^{commit}") == built


def test_a_version_somebody_else_pushed_is_a_usage_error(project: Project, tmp_path: Path) -> None:
    project.commit("feat: one")
    clone = project.clone(tmp_path / "clone")
    project.git("tag", "v1.0.0")
    tag(clone.repository, "v1.0.0", clone.commit("feat: two"), "notes")
    with pytest.raises(UsageError, match=r"has a tag v1\.0\.0 already, at another commit"):
        push(clone.repository, "v1.0.0")


def test_without_an_origin_the_push_says_so(project: Project) -> None:
    tag(project.repository, "v1.0.0", project.commit("feat: one"), "notes")
    with pytest.raises(UsageError, match="no remote 'origin'"):
        push(project.repository, "v1.0.0")


def test_an_origin_out_of_reach_is_named_with_gits_reason(project: Project, tmp_path: Path) -> None:
    tag(project.repository, "v1.0.0", project.commit("feat: one"), "notes")
    project.git("remote", "add", "origin", (tmp_path / "nowhere").as_uri())
    with pytest.raises(OutOfReachError, match=r"could not be pushed .* does not appear to be"):
        push(project.repository, "v1.0.0")
    assert os.environ["GIT_ALLOW_PROTOCOL"] == "file"
