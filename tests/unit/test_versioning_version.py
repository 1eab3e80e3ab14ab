from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from git_project import Project
from packaging.version import Version

from fullcycle.errors import UsageError
from fullcycle.settings.schema import Release
from fullcycle.versioning.branch import announced
from fullcycle.versioning.version import Versioning, bumped, make_versioning

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.begin(tmp_path / "shop")


def versioning(
    project: Project, environ: Mapping[str, str] | None = None, **settings: object
) -> Versioning:
    return make_versioning(project.repository, Release.model_validate(settings), environ or {})


def release(project: Project, version: str) -> str:
    sha = project.commit(f"feat: {version}")
    project.git("tag", f"v{version}")
    return sha


def test_the_first_version_is_the_one_in_the_settings(project: Project) -> None:
    project.commit("Initial commit")
    first = versioning(project, initial="0.5.0")
    assert (first.next, first.bump, first.current, first.tag) == (
        "0.5.0",
        "initial",
        None,
        "v0.5.0",
    )
    assert first.final


@pytest.mark.parametrize(
    ("messages", "bump", "expected"),
    [
        (["fix: a"], "patch", "1.2.4"),
        (["perf: a"], "patch", "1.2.4"),
        (["no convention"], "patch", "1.2.4"),
        (["fix: a", "feat: b", "docs: c"], "minor", "1.3.0"),
        (["feat: b", "chore!: c"], "major", "2.0.0"),
        (["docs: c\n\nBREAKING CHANGE: d", "fix: a"], "major", "2.0.0"),
    ],
)
def test_the_largest_change_since_the_last_release_decides(
    project: Project, messages: list[str], bump: str, expected: str
) -> None:
    release(project, "1.2.3")
    for message in messages:
        project.commit(message)
    made = versioning(project)
    assert (made.current, made.bump, made.next, made.tag) == (
        "1.2.3",
        bump,
        expected,
        f"v{expected}",
    )
    assert len(made.commits) == len(messages)


@pytest.mark.parametrize(("major_on_zero", "expected"), [(False, "0.5.0"), (True, "1.0.0")])
def test_before_one_a_breaking_change_is_major_only_when_asked_for(
    project: Project, major_on_zero: bool, expected: str
) -> None:
    release(project, "0.4.2")
    project.commit("feat!: b")
    assert versioning(project, major_on_zero=major_on_zero).next == expected


def test_at_a_release_the_version_is_that_release_on_any_branch(project: Project) -> None:
    release(project, "1.1.0")
    project.commit("fix: a")
    project.git("tag", "v1.2.0")
    project.git("checkout", "--quiet", "--detach")
    made = versioning(project)
    assert (made.next, made.bump, made.final, made.tag) == ("1.2.0", "none", True, "v1.2.0")
    assert made.released
    assert [commit.subject for commit in made.commits] == ["a"]


def test_releasing_does_not_change_the_version_of_the_commit(project: Project) -> None:
    release(project, "1.2.0")
    project.commit("feat: a")
    before = versioning(project)
    project.git("tag", str(before.tag))
    after = versioning(project)
    assert (after.next, after.final, after.tag) == (before.next, before.final, before.tag)
    assert after.commits == before.commits


def test_elsewhere_than_on_a_release_branch_it_is_a_development_version(project: Project) -> None:
    release(project, "1.2.3")
    project.git("switch", "--quiet", "-c", "side")
    project.commit("feat: a")
    sha = project.commit("docs: b")
    made = versioning(project)
    assert (made.next, made.final, made.tag) == (f"1.3.0.dev2+g{sha[:7]}", False, None)
    assert Version("1.2.3") < Version(made.next) < Version("1.3.0")


def test_uncommitted_changes_make_a_development_version_that_says_so(project: Project) -> None:
    release(project, "1.2.3")
    sha = project.commit("fix: a")
    (project.root / "new.txt").touch()
    made = versioning(project)
    digits = project.repository.uncommitted()[:7]
    assert made.next == f"1.2.4.dev1+g{sha[:7]}.dirty{digits}"
    assert made.dirty
    assert not made.final


def test_other_uncommitted_changes_make_another_version_and_the_same_make_the_same(
    project: Project,
) -> None:
    release(project, "1.2.3")
    file = project.root / "new.txt"
    seen = []
    for text in ("one", "two", "one"):
        file.write_text(text)
        seen.append(versioning(project).next)
    assert seen[0] == seen[2] != seen[1]


def test_with_nothing_to_release_the_version_stays_and_says_how_far_it_is(project: Project) -> None:
    release(project, "1.2.3")
    project.commit("docs: a")
    sha = project.commit("chore: b")
    made = versioning(project)
    assert (made.next, made.bump, made.final, made.tag) == (
        f"1.2.3+2.g{sha[:7]}",
        "none",
        False,
        None,
    )
    assert Version("1.2.3") < Version(made.next) < Version("1.2.4.dev0")


def test_uncommitted_changes_at_a_release_are_not_that_release(project: Project) -> None:
    sha = release(project, "1.2.3")
    (project.root / "new.txt").touch()
    made = versioning(project)
    digits = project.repository.uncommitted()[:7]
    assert (made.next, made.final) == (f"1.2.3+0.g{sha[:7]}.dirty{digits}", False)
    assert not made.released


def test_a_pre_release_is_a_step_on_the_way_to_the_version(project: Project) -> None:
    release(project, "1.2.3")
    project.commit("feat!: a")
    project.git("tag", "v2.0.0rc1")
    assert versioning(project).next == "2.0.0rc1"
    project.commit("fix: b")
    assert versioning(project).next == "2.0.0"


def test_the_same_source_has_the_same_version_in_every_clone(
    project: Project, tmp_path: Path
) -> None:
    release(project, "1.2.3")
    project.commit("feat: a")
    clone = project.clone(tmp_path / "clone")
    assert versioning(clone) == versioning(project)


def test_a_version_taken_elsewhere_is_an_error_before_anything_is_built(project: Project) -> None:
    release(project, "1.2.3")
    project.git("switch", "--quiet", "-c", "hotfix")
    project.commit("fix: elsewhere")
    project.git("tag", "v1.2.4")
    project.git("switch", "--quiet", "main")
    project.commit("fix: here")
    with pytest.raises(UsageError, match=r"v1\.2\.4, is taken by commit") as caught:
        versioning(project)
    assert "merge v1.2.4" in caught.value.hint


def test_an_initial_version_that_is_none_is_a_usage_error(project: Project) -> None:
    project.commit("feat: a")
    with pytest.raises(UsageError, match=r"'1\.0\.0-one' is no version"):
        versioning(project, initial="1.0.0-one")


def test_release_branches_may_be_patterns_and_tags_have_their_prefix(project: Project) -> None:
    project.commit("feat: a")
    project.git("tag", "v7.0.0")
    project.git("switch", "--quiet", "-c", "release/1.x")
    project.commit("feat: b")
    made = versioning(project, branches=["release/*"], tag_prefix="shop-")
    assert (made.next, made.tag) == ("0.1.0", "shop-0.1.0")


def test_on_a_detached_head_the_ci_server_says_which_branch_it_is(project: Project) -> None:
    project.commit("feat: a")
    project.git("checkout", "--quiet", "--detach")
    assert not versioning(project).final
    made = versioning(project, {"GITHUB_REF_NAME": "main", "GITHUB_REF_TYPE": "branch"})
    assert (made.final, made.branch) == (True, "main")


@pytest.mark.parametrize(
    ("environ", "branch"),
    [
        ({}, None),
        ({"GITHUB_REF_NAME": "main", "GITHUB_REF_TYPE": "branch"}, "main"),
        ({"GITHUB_REF_NAME": "v1.0.0", "GITHUB_REF_TYPE": "tag"}, None),
        ({"GITHUB_REF_NAME": "7/merge", "GITHUB_HEAD_REF": "side"}, None),
        ({"CI_COMMIT_BRANCH": "main"}, "main"),
        ({"CI_COMMIT_BRANCH": "main", "CI_COMMIT_PULL_REQUEST": "7"}, None),
        ({"CI_COMMIT_BRANCH": "main", "CI_MERGE_REQUEST_IID": "7"}, None),
        ({"BRANCH_NAME": "main"}, "main"),
        ({"BRANCH_NAME": "PR-7", "CHANGE_ID": "7"}, None),
        ({"GIT_BRANCH": "origin/main"}, "main"),
        ({"BUILD_SOURCEBRANCH": "refs/heads/feature/main"}, "feature/main"),
        ({"BUILDKITE_BRANCH": "main", "BUILDKITE_PULL_REQUEST": "false"}, "main"),
        ({"BUILDKITE_BRANCH": "main", "BUILDKITE_PULL_REQUEST": "7"}, None),
        ({"CIRCLE_BRANCH": "main"}, "main"),
        ({"CIRCLE_BRANCH": "main", "CIRCLE_TAG": "v1"}, None),
        ({"DRONE_BRANCH": "main", "DRONE_PULL_REQUEST": "7"}, None),
        ({"CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/main"}, "main"),
    ],
)
def test_each_ci_server_names_the_branch_in_its_way(
    environ: dict[str, str], branch: str | None
) -> None:
    assert announced(environ) == branch


@pytest.mark.parametrize(
    ("version", "bump", "expected"),
    [
        ("1.2.3", "none", "1.2.3"),
        ("1.2", "patch", "1.2.1"),
        ("1", "minor", "1.1.0"),
        ("1.2.3.post1", "patch", "1.2.4"),
        ("1.2.3.4", "major", "2.0.0"),
    ],
)
def test_any_pep_440_version_has_a_next_one(version: str, bump: str, expected: str) -> None:
    assert bumped(Version(version), bump) == expected
