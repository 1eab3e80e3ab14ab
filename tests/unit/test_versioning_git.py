from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from git_project import Project

from fullcycle.errors import ExitCode, OutOfReachError, StepError, UsageError
from fullcycle.versioning.command import git, without_credentials
from fullcycle.versioning.git import Repository


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.begin(tmp_path / "shop")


def test_head_branch_and_commit_time_are_those_of_git(project: Project) -> None:
    sha = project.commit("feat: one")
    assert project.repository.head() == sha
    assert project.repository.branch() == "main"
    assert project.repository.commit_time() == project.clock


def test_a_detached_head_has_no_branch(project: Project) -> None:
    project.git("checkout", "--quiet", "--detach", project.commit("feat: one"))
    assert project.repository.branch() is None


def test_without_commits_the_error_says_so(project: Project) -> None:
    with pytest.raises(UsageError, match="has no commits yet") as caught:
        project.repository.head()
    assert "git commit" in caught.value.hint


def test_a_folder_outside_of_git_is_a_usage_error(tmp_path: Path) -> None:
    for look in (Repository.head, Repository.branch, Repository.is_dirty, Repository.files):
        with pytest.raises(UsageError, match="is not in a git repository") as caught:
            look(Repository(tmp_path))
        assert caught.value.code is ExitCode.USAGE
        assert "git init" in caught.value.hint


def test_a_folder_that_is_missing_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        Repository(tmp_path / "nowhere").head()


def test_without_git_the_error_says_to_install_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutOfReachError, match="git is not installed") as caught:
        project.repository.head()
    assert "install" in caught.value.hint


def test_a_git_that_hangs_is_out_of_reach(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec /bin/sleep 30\n")
    slow.chmod(slow.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(slow.parent))
    with pytest.raises(OutOfReachError, match=r"git status .* did not end within 0.2 s"):
        git(project.root, "status", timeout=0.2)


def test_a_repository_git_does_not_trust_passes_its_remedy_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.commit("feat: one")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    with pytest.raises(UsageError, match="does not trust") as caught:
        project.repository.head()
    assert "safe.directory" in caught.value.hint


def test_a_bare_repository_has_nothing_to_work_on(project: Project, tmp_path: Path) -> None:
    project.commit("feat: one")
    bare = project.clone(tmp_path / "bare.git", "--bare")
    with pytest.raises(UsageError, match="bare repository"):
        bare.repository.is_dirty()


@pytest.mark.parametrize("change", ["edit", "add", "stage", "delete"])
def test_every_uncommitted_change_makes_it_dirty(project: Project, change: str) -> None:
    project.commit("feat: one", a_txt="1")
    assert not project.repository.is_dirty()
    if change == "delete":
        (project.root / "a.txt").unlink()
    else:
        (project.root / ("a.txt" if change == "edit" else "b.txt")).write_text("2")
    if change == "stage":
        project.git("add", "b.txt")
    assert project.repository.is_dirty()


def test_ignored_files_and_our_own_records_do_not_make_it_dirty(project: Project) -> None:
    project.commit("feat: one")
    (project.root / ".gitignore").write_text("*.log\n")
    project.commit("chore: ignore logs")
    (project.root / "a.log").touch()
    (project.root / ".fullcycle").mkdir()
    (project.root / ".fullcycle" / "ledger.sqlite").touch()
    assert not project.repository.is_dirty()


def test_a_users_configuration_changes_nothing(project: Project) -> None:
    project.commit("feat: one")
    project.git("config", "status.showUntrackedFiles", "no")
    project.git("config", "log.showSignature", "true")
    project.git("config", "color.ui", "always")
    (project.root / "new.txt").touch()
    assert project.repository.is_dirty()
    assert [c.message for c in project.repository.commits()] == ["feat: one"]


def test_a_hooks_environment_does_not_lead_to_another_repository(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = project.commit("feat: one")
    other = Project.begin(tmp_path / "other")
    other.commit("feat: other")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / ".git" / "index"))
    assert project.repository.head() == sha


def test_tags_are_read_from_the_highest_version_down(project: Project) -> None:
    for number, name in enumerate(["v1.9.0", "v1.10.0", "v2.0.0rc1", "other-3", "v-nonsense"]):
        sha = project.commit(f"fix: {number}")
        project.git("tag", *(["-a", "-m", name] if number % 2 else []), name)
    tags = project.repository.tags("v")
    assert [tag.name for tag in tags] == ["v2.0.0rc1", "v1.10.0", "v1.9.0"]
    assert [tag.name for tag in project.repository.releases("v")] == ["v1.10.0", "v1.9.0"]
    assert sha not in {tag.sha for tag in tags}
    assert tags[1].sha == project.git("rev-parse", "v1.10.0^{commit}")


def test_tags_that_head_does_not_contain_do_not_count(project: Project) -> None:
    project.commit("feat: one")
    project.git("switch", "--quiet", "-c", "side")
    project.commit("feat: two")
    project.git("tag", "v9.0.0")
    project.git("switch", "--quiet", "main")
    assert project.repository.tags("v") == []


def test_commits_come_newest_first_with_merges_marked(project: Project) -> None:
    first = project.commit("feat: one\n\nbody\n\nRefs: 1")
    project.git("switch", "--quiet", "-c", "side")
    side = project.commit("fix: two")
    project.git("switch", "--quiet", "main")
    project.commit("docs: three")
    project.git("merge", "--quiet", "--no-ff", "-m", "merge it", "side")
    found = project.repository.commits(since=first)
    assert {c.message for c in found} == {"merge it", "docs: three", "fix: two"}
    assert [c.message for c in found if c.merge] == ["merge it"]
    assert project.repository.commits(until=side)[-1].message == "feat: one\n\nbody\n\nRefs: 1"
    assert project.repository.count(since=first) == 3


def test_a_message_that_is_not_utf8_can_still_be_read(project: Project) -> None:
    tree = project.git("rev-parse", project.commit("feat: one") + "^{tree}")
    raw = (
        f"tree {tree}\nauthor Ada <a@example.org> 1 +0000\ncommitter Ada <a@example.org> 1 +0000\n"
    )
    message = b"\nfix: caf\xe9 \xff\n\nstra\xdfe\n"
    sha = project.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw.encode() + message)
    (commit,) = project.repository.commits(until=sha)
    assert commit.message == "fix: caf\ufffd \ufffd\n\nstra\ufffde"
    assert commit.message.encode()


def test_a_shallow_clone_says_what_is_missing_only_when_it_is(
    project: Project, tmp_path: Path
) -> None:
    for number in range(4):
        project.commit(f"fix: {number}")
        project.git("tag", f"v1.0.{number}")
    project.commit("feat: last")
    shallow = project.clone(tmp_path / "shallow", "--depth=2").repository
    assert shallow.is_shallow()
    assert [c.message for c in shallow.commits(since="v1.0.3")] == ["feat: last"]
    with pytest.raises(UsageError, match="shallow clone") as caught:
        shallow.commits()
    assert "fetch-depth: 0" in caught.value.hint


def test_worktrees_submodules_and_subfolders_are_read_like_clones(
    project: Project, tmp_path: Path
) -> None:
    sha = project.commit("feat: one", a_txt="1")
    project.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "tree"))
    assert Repository(tmp_path / "tree").branch() == "side"
    outer = Project.begin(tmp_path / "outer")
    outer.git("submodule", "--quiet", "add", project.root.as_uri(), "inner")
    outer.commit("feat: outer")
    assert Repository(outer.root / "inner").head() == sha
    assert not Repository(outer.root).is_dirty()
    (project.root / "app").mkdir()
    (project.root / "app" / "b.txt").write_text("b")
    project.commit("feat: app")
    assert Repository(project.root / "app").files() == [Path("b.txt")]


def test_the_target_is_origins_default_branch_or_the_one_named(
    project: Project, tmp_path: Path
) -> None:
    project.commit("feat: one")
    project.git("branch", "release")
    clone = project.clone(tmp_path / "clone").repository
    assert clone.target() == "refs/remotes/origin/main"
    assert clone.target("release") == clone.target("origin/release")
    assert clone.target("release") == "refs/remotes/origin/release"
    assert clone.target("none") is None
    assert clone.target("--upload-pack=x") is None
    assert project.repository.target() is None
    assert project.repository.target("release") == "refs/heads/release"


def test_histories_that_share_nothing_have_no_merge_base(project: Project) -> None:
    one = project.commit("feat: one")
    project.git("switch", "--quiet", "--orphan", "other")
    other = project.commit("feat: other")
    assert project.repository.merge_base(one, other) is None
    assert project.repository.merge_base(one, one) == one


def test_only_full_names_are_resolved(project: Project) -> None:
    sha = project.commit("feat: one")
    assert project.repository.resolve(sha) == sha
    assert project.repository.resolve("refs/heads/main") == sha
    assert project.repository.resolve("0" * 40) is None
    assert project.repository.resolve("--all") is None
    assert project.repository.resolve("") is None


def test_credentials_are_taken_out_of_urls(project: Project) -> None:
    url = "https://ada:hunter2@example.org/shop.git"  # pragma: allowlist secret
    assert project.repository.origin_url() is None
    project.git("remote", "add", "origin", url)
    assert project.repository.origin_url() == "https://example.org/shop.git"
    assert "hunter2" not in without_credentials(f"fatal: unable to access '{url}'")


def test_other_failures_carry_gits_own_words(project: Project) -> None:
    with pytest.raises(StepError, match=r"git log failed in .*bad revision"):
        project.repository.git("log", "nothing..HEAD", "--")
