from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from git_project import Project

from fullcycle.checks import merge, messages, secrets, tree
from fullcycle.errors import ExitCode, StepError
from fullcycle.settings.schema import App, Plan, Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTINGS = Settings(app=App(name="shop"))
# In parts, so that no one takes them for real ones.
AWS_KEY = "AKIA" + "Q3EGRIKJ7LM2NOPD"
GITHUB_TOKEN = "ghp_" + "a1B2c3D4" * 4 + "e5F6"
PRIVATE_KEY = "-----BEGIN " + "RSA PRIVATE KEY-----"
CONFLICT = "<<<<<<< here\none\n=======\ntwo\n>>>>>>> there\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.begin(tmp_path / "origin")


@pytest.fixture
def log() -> list[str]:
    return []


def into(target: str) -> Settings:
    return SETTINGS.model_copy(update={"plan": Plan(target=target)})


def failure(check: Callable[[], str]) -> StepError:
    with pytest.raises(StepError) as caught:
        check()
    assert caught.value.code is ExitCode.STEP_FAILED
    return caught.value


def test_only_messages_that_are_not_merged_yet_are_checked(
    project: Project, tmp_path: Path, log: list[str]
) -> None:
    project.commit("Initial commit")
    clone = project.clone(tmp_path / "clone")
    assert messages.check(clone.repository, SETTINGS, log.append) == (
        "0 commit messages since origin/main"
    )
    clone.commit("feat: one")
    clone.commit('Revert "feat: one"\n\nThis reverts commit x.')
    assert "2 commit messages" in messages.check(clone.repository, SETTINGS, log.append)
    assert log == []


def test_every_bad_message_is_reported_with_its_commit(project: Project, log: list[str]) -> None:
    project.commit("feat: one")
    project.git("switch", "--quiet", "-c", "side")
    bad = {
        project.commit("Add a cart")[:7]: "is not 'type(scope): description'",
        project.commit("fixup! feat: one")[:7]: "waits to be squashed",
        project.commit("feta: cheese")[:7]: "did you mean 'feat'?",
    }
    project.commit("fix: fine")
    error = failure(lambda: messages.check(project.repository, into("main"), log.append))
    assert "3 of 4 commit messages since main" in error.message
    assert len(log) == 3
    for sha, reason in bad.items():
        assert any(line.startswith(sha) and reason in line for line in log)
        assert sha in error.message


def test_merge_commits_may_say_what_they_like(project: Project, log: list[str]) -> None:
    project.commit("feat: one")
    project.git("switch", "--quiet", "-c", "side")
    project.commit("feat: two")
    project.git("switch", "--quiet", "-c", "work", "main")
    project.commit("fix: three")
    project.git("merge", "--quiet", "--no-ff", "-m", "Bring the side in", "side")
    assert "2 commit" in messages.check(project.repository, into("main"), log.append)


def test_without_a_target_the_last_release_is_where_messages_begin(
    project: Project, log: list[str]
) -> None:
    project.commit("Initial commit")
    assert messages.check(project.repository, SETTINGS, log.append).startswith("skipped: ")
    project.git("tag", "v1.0.0")
    project.commit("feat: one")
    assert messages.check(project.repository, SETTINGS, log.append) == (
        "1 commit messages since v1.0.0"
    )


def test_a_conflict_with_the_target_is_named_by_file(project: Project, log: list[str]) -> None:
    project.commit("feat: one", a_txt="1", b_txt="1")
    project.git("switch", "--quiet", "-c", "side")
    project.commit("feat: two", a_txt="2", b_txt="2")
    assert merge.check(project.repository, into("main"), log.append) == "merges cleanly with main"
    project.git("switch", "--quiet", "main")
    project.commit("feat: three", a_txt="3")
    project.git("switch", "--quiet", "side")
    error = failure(lambda: merge.check(project.repository, into("main"), log.append))
    assert "main cannot be merged, 1 files are in conflict:\na.txt" in error.message
    assert log == ["conflict: a.txt"]
    assert not project.repository.is_dirty()


def test_without_a_target_merging_is_skipped_with_the_reason(
    project: Project, log: list[str]
) -> None:
    project.commit("feat: one")
    assert merge.check(project.repository, SETTINGS, log.append) == (
        "skipped: no target branch to merge into"
    )
    assert merge.check(project.repository, into("next"), log.append) == (
        "skipped: no branch 'next' to merge into"
    )
    assert "skipped" in merge.check(project.repository, into("main"), log.append)


def test_an_old_git_skips_merging_with_the_reason(
    project: Project, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.commit("feat: one")
    monkeypatch.setattr(merge, "NEEDED", (999, 0))
    said = merge.check(project.repository, SETTINGS, log.append)
    assert said.startswith("skipped: git 2.")


def test_histories_that_share_nothing_cannot_be_merged(project: Project, log: list[str]) -> None:
    project.commit("feat: one")
    project.git("switch", "--quiet", "--orphan", "other")
    project.commit("feat: other")
    error = failure(lambda: merge.check(project.repository, into("main"), log.append))
    assert "unrelated histories" in error.message


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"key = '{AWS_KEY}'", "AWS access key"),
        (f"token: {GITHUB_TOKEN}", "GitHub token"),
        (PRIVATE_KEY, "private key"),
    ],
)
def test_patterns_find_a_secret_and_say_where_but_not_what(
    project: Project, log: list[str], monkeypatch: pytest.MonkeyPatch, text: str, kind: str
) -> None:
    monkeypatch.setattr(secrets, "find_spec", lambda _: None)
    project.commit("feat: one", a_txt=f"fine\n{text}\n")
    error = failure(lambda: secrets.check(project.repository, SETTINGS, log.append))
    assert log == [f"a.txt:2: {kind}"]
    assert log[0] in error.message
    assert text not in str(error)


def test_patterns_pass_over_what_is_allowed_or_no_text(
    project: Project, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "find_spec", lambda _: None)
    (project.root / "image.bin").write_bytes(b"\0" + AWS_KEY.encode())
    (project.root / "link").symlink_to("/nowhere")
    project.commit(
        "feat: one",
        a_txt=f"{AWS_KEY}  # pragma: allowlist secret\nAKIAIOSFODNN7" + "EXAMPLE\n",
        b_txt="gone",
    )
    (project.root / "b.txt").unlink()
    (project.root / "untracked.txt").write_text(AWS_KEY)
    assert secrets.check(project.repository, SETTINGS, log.append) == (
        "no secrets found by patterns"
    )


def test_detect_secrets_is_used_where_it_is_installed(project: Project, log: list[str]) -> None:
    pytest.importorskip("detect_secrets")
    project.commit(
        "feat: one", a_txt=f"fine\n{AWS_KEY}\n", b_txt=f"{AWS_KEY}  # pragma: allowlist secret\n"
    )
    error = failure(lambda: secrets.check(project.repository, SETTINGS, log.append))
    assert log == ["a.txt:2: AWS Access Key"]
    assert AWS_KEY not in str(error)


def test_what_the_baseline_knows_is_no_finding_and_the_baseline_stays_as_it_is(
    project: Project, log: list[str]
) -> None:
    pytest.importorskip("detect_secrets")
    project.commit("feat: one", a_txt=f"{AWS_KEY}\n")
    made = subprocess.run(
        [sys.executable, "-m", "detect_secrets", "scan", "--no-verify"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert json.loads(made)["results"]
    baseline = project.root / secrets.BASELINE
    baseline.write_text(made)
    project.commit("chore: baseline")
    assert secrets.check(project.repository, SETTINGS, log.append) == (
        "no secrets found by detect-secrets"
    )
    project.commit("feat: two", b_txt=f"{GITHUB_TOKEN}\n")
    failure(lambda: secrets.check(project.repository, SETTINGS, log.append))
    assert log == ["b.txt:1: GitHub Token"]
    assert baseline.read_text() == made
    baseline.write_text("nonsense")
    error = failure(lambda: secrets.check(project.repository, SETTINGS, log.append))
    assert ".secrets.baseline cannot be read" in error.message


def test_conflict_markers_are_found_where_all_three_stand(project: Project, log: list[str]) -> None:
    project.commit(
        "feat: one", a_txt=f"fine\n{CONFLICT}", b_txt="Title\n=======\n", c_txt="<<<<<<< quoted\n"
    )
    error = failure(lambda: tree.check(project.repository, SETTINGS, log.append))
    assert log == ["a.txt:2: conflict marker"]
    assert "a.txt:2" in error.message


def test_only_files_that_are_newly_added_can_be_too_large(
    project: Project, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "LARGEST", 1000)
    project.commit("feat: one", old_bin="x" * 1001)
    assert tree.check(project.repository, SETTINGS, log.append) == (
        "no conflict markers, no oversized files"
    )
    project.git("tag", "v1.0.0")
    project.commit("feat: two", old_bin="y" * 1002, small_bin="x" * 1000)
    tree.check(project.repository, SETTINGS, log.append)
    project.commit("feat: three", new_bin="x" * 1001)
    failure(lambda: tree.check(project.repository, SETTINGS, log.append))
    assert len(log) == 1
    assert log[0].startswith("new.bin: ")
