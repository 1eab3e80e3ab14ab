"""Which files count as inputs, and that git is asked no more than it knows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fullcycle.uptodate.patterns import Patterns
from fullcycle.uptodate.tools import programs
from uptodate_bed import Bed, Git, sh

if TYPE_CHECKING:
    from pathlib import Path

FRESH = {"s": "up to date"}
RAN = {"s": "ran"}


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    bed = Bed(tmp_path / "project")
    bed.write("a.txt", "one")
    bed.write("src/b.txt", "two")
    assert bed.git
    bed.git.commit("feat: begin")
    return bed


@pytest.fixture
def git(bed: Bed) -> Git:
    assert bed.git
    return bed.git


@pytest.mark.parametrize(
    ("patterns", "path", "meant"),
    [
        (["*.py"], "a.py", True),
        (["*.py"], "src/a.py", False),
        (["**/*.py"], "a.py", True),
        (["**/*.py"], "src/deep/a.py", True),
        (["src"], "src/deep/a.py", True),
        (["src/"], "src/a.py", True),
        (["src/"], "src", False),
        (["src/*"], "src/deep/a.py", False),
        (["src/**"], "src/deep/a.py", True),
        (["src/**/a.py"], "src/a.py", True),
        (["./a.py"], "a.py", True),
        (["**"], ".hidden", True),
        (["**", "!docs"], "docs/a.md", False),
        (["**", "!docs/**", "docs/keep.md"], "docs/keep.md", True),
        (["!docs/**"], "a.py", True),
        (["!docs/**"], "docs/a.md", False),
        (["f[0-9].txt"], "f7.txt", True),
        (["f[!0-9].txt"], "f7.txt", False),
        (["f?.txt"], "f/.txt", False),
        (["a+(b).txt"], "a+(b).txt", True),
        (["a.txt"], "A.txt", False),
        (["[x"], "[x", True),
        ([], "a.py", False),
    ],
)
def test_patterns_mean_what_they_say(patterns: list[str], path: str, meant: bool) -> None:
    assert Patterns(patterns).matches(path) is meant


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("ruff check .", ["ruff"]),
        ("A=1 B='x y' tox -e py && coverage xml | tee out; ls", ["tox", "coverage", "tee", "ls"]),
        ("cat < in > out 2>&1 || true", ["cat", "true"]),
        ("(cd web; npm test)", ["cd", "npm"]),
        ("make\npytest", ["make", "pytest"]),
        ("time nice pytest 'a && b'", ["pytest"]),
        ("if test -f x; then make; fi", ["if", "make", "fi"]),
        ("it's broken", []),
    ],
)
def test_the_programs_of_a_command_are_found(command: str, named: list[str]) -> None:
    assert list(programs(command)) == named


def test_committing_and_staging_change_nothing(bed: Bed, git: Git) -> None:
    step = sh("s", "true")
    bed.write("a.txt", "dirty")
    bed.write("new.txt", "untracked")
    assert bed.results(step) == RAN
    git("add", "a.txt")
    assert bed.results(step) == FRESH
    git.commit()
    assert bed.results(step) == FRESH
    git("commit", "--quiet", "--amend", "-m", "fix: reword")
    assert bed.results(step) == FRESH


def test_switching_branches_and_back_runs_nothing_and_restores_outputs(bed: Bed, git: Git) -> None:
    step = sh("s", "mkdir -p dist; cp a.txt dist/x", outputs=("dist/**",))
    bed.results(step)
    git("switch", "--quiet", "-c", "other")
    bed.write("a.txt", "other")
    git.commit()
    assert bed.results(step) == RAN
    assert bed.read("dist/x") == "other"
    git("switch", "--quiet", "main")
    assert bed.results(step) == {"s": "up to date, outputs restored"}
    assert bed.read("dist/x") == "one"
    git("switch", "--quiet", "other")
    assert bed.results(step) == {"s": "up to date, outputs restored"}


def test_a_deleted_file_that_is_only_staged_as_such_still_counts(bed: Bed, git: Git) -> None:
    step = sh("s", "true")
    bed.results(step)
    git("rm", "--quiet", "--cached", "a.txt")
    assert bed.results(step) == FRESH
    (bed.root / "a.txt").unlink()
    assert bed.results(step) == RAN


def test_ignored_files_count_only_when_they_or_their_folder_are_named(bed: Bed) -> None:
    bed.write("dist/x.txt", "1")
    broad = sh("s", "true", inputs=("**/*.txt",))
    assert bed.results(broad) == RAN
    bed.write("dist/x.txt", "2")
    assert bed.results(broad) == FRESH
    for pattern in ("dist/**", "dist/x.txt", "dist"):
        named = sh("s", "true", inputs=("a.txt", pattern))
        bed.results(named)
        assert bed.results(named) == FRESH
        bed.write("dist/x.txt", f"3 {pattern}")
        assert bed.why(named) == "runs: dist/x.txt changed"
        bed.write("dist/y.txt", "4")
        assert bed.results(named) == RAN


def test_a_named_file_that_is_not_there_yet_counts_when_it_comes(bed: Bed) -> None:
    step = sh("s", "true", inputs=("a.txt", "dist/later.txt"))
    bed.results(step)
    assert bed.results(step) == FRESH
    bed.write("dist/later.txt")
    assert bed.why(step) == "runs: new file dist/later.txt"


def test_files_git_was_told_not_to_look_at_count(bed: Bed, git: Git) -> None:
    step = sh("s", "true")
    for flag in ("--assume-unchanged", "--skip-worktree"):
        git("update-index", flag, "a.txt")
        bed.results(step)
        assert bed.results(step) == FRESH
        bed.write("a.txt", f"hidden by {flag}")
        assert bed.results(step) == RAN
        git("update-index", flag.replace("--", "--no-"), "a.txt")


def test_submodules_and_repositories_inside_count_file_by_file(
    bed: Bed, git: Git, tmp_path: Path
) -> None:
    inner = Bed(tmp_path / "inner")
    inner.write("in.txt", "1")
    assert inner.git
    inner.git.commit()
    git("submodule", "--quiet", "add", str(inner.root), "vendor")
    git.commit()
    step = sh("s", "true", inputs=("**/*.txt",))
    bed.results(step)
    assert bed.results(step) == FRESH
    bed.write("vendor/in.txt", "2")
    assert bed.why(step) == "runs: vendor/in.txt changed"
    bed.write("vendor/in.txt", "1")
    assert bed.results(step) == FRESH
    nested = Bed(bed.root / "nested")
    nested.write("n.txt")
    assert bed.why(step) == "runs: new file nested/n.txt"


def test_a_project_in_a_folder_of_a_repository_sees_only_its_own(bed: Bed, git: Git) -> None:
    part = Bed(bed.root / "part", repository=False)
    part.write("in.txt", "1")
    git.commit()
    step = sh("s", "true", inputs=("**/*.txt",))
    part.results(step)
    bed.write("a.txt", "elsewhere")
    assert part.results(step) == FRESH
    part.write("in.txt", "2")
    assert part.why(step) == "runs: in.txt changed"


def test_a_project_that_the_repository_around_it_ignores_is_looked_at_file_by_file(
    bed: Bed,
) -> None:
    part = Bed(bed.root / "dist" / "part", repository=False)
    part.write("in.txt", "1")
    step = sh("s", "true")
    part.results(step)
    assert part.results(step) == FRESH
    part.write("in.txt", "2")
    assert part.why(step) == "runs: in.txt changed"


def test_a_linked_work_tree_shares_results_through_a_common_store(
    bed: Bed, git: Git, tmp_path: Path
) -> None:
    step = sh("s", "true")
    bed.results(step)
    git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = Bed(tmp_path / "side", repository=False)
    side.store = bed.store
    assert side.results(step) == FRESH


def test_odd_names_are_told_apart(bed: Bed) -> None:
    step = sh("s", "true", inputs=("**",))
    names = ["with space.txt", "tab\tin.txt", "new\nline.txt", "ünï.txt", "a -> b.txt"]
    for name in names:
        bed.write(name)
        assert bed.why(step).startswith("runs: ")
        bed.results(step)
        assert bed.results(step) == FRESH
    (bed.root / "with space.txt").rename(bed.root / "With Space.txt")
    assert bed.why(step) == "runs: with space.txt was moved to With Space.txt"


def test_special_files_are_not_read(bed: Bed) -> None:
    os.mkfifo(bed.root / "pipe.txt")
    step = sh("s", "true")
    assert bed.results(step) == RAN
    assert bed.results(step) == FRESH
