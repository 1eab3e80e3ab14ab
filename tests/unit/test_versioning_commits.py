from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fullcycle.versioning.commits import grouped, parse, standing
from fullcycle.versioning.git import RawCommit


def raw(message: str, sha: str = "a" * 40, parents: tuple[str, ...] = ("b" * 40,)) -> RawCommit:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return RawCommit(sha=sha, parents=parents, author="Ada", committed=at, message=message)


@pytest.mark.parametrize(
    ("message", "type_", "scope", "subject"),
    [
        ("feat: add a cart", "feat", "", "add a cart"),
        ("FIX(cart): keep the order", "fix", "cart", "keep the order"),
        ("docs(read me)!: say more", "docs", "read me", "say more"),
        ("revert: let us never speak of it", "revert", "", "let us never speak of it"),
        ('Revert "feat: add a cart"', "revert", "", 'Revert "feat: add a cart"'),
        ("build-deps: raise x", "build-deps", "", "raise x"),
        ("feat:add a cart", "", "", "feat:add a cart"),
        ("feat(): add a cart", "", "", "feat(): add a cart"),
        ("feat : add", "", "", "feat : add"),
        ("fix(a): ", "", "", "fix(a):"),
        ("Add a cart", "", "", "Add a cart"),
        ("", "", "", ""),
    ],
)
def test_a_header_is_read_as_the_convention_says(
    message: str, type_: str, scope: str, subject: str
) -> None:
    commit = parse(raw(message))
    assert (commit.type, commit.scope, commit.subject) == (type_, scope, subject)


@pytest.mark.parametrize(
    ("message", "notice"),
    [
        ("feat!: drop it", ""),
        ("feat(api)!: drop it", ""),
        ("chore: x\n\nBREAKING CHANGE: it is gone", "it is gone"),
        ("chore: x\n\nBREAKING-CHANGE: it is gone", "it is gone"),
        (
            "fix: x\n\nSome words.\n\nRefs: #1\nBREAKING CHANGE: it\n is\n\n gone\nBy: Ada",
            "it is gone",
        ),
        ("fix: x\n\nBREAKING CHANGE: one\nBREAKING CHANGE: two", "one two"),
        ("no convention\n\nBREAKING CHANGE: still", "still"),
    ],
)
def test_a_breaking_change_is_seen_and_its_notice_kept(message: str, notice: str) -> None:
    commit = parse(raw(message))
    assert commit.breaking
    assert commit.notice == notice


@pytest.mark.parametrize(
    "message",
    [
        "feat: BREAKING CHANGE: in the subject",
        "feat: x\n\nbreaking change: in lower case",
        "feat: x\n\nThis is no\nBREAKING CHANGE: at all",
        "feat: x\n\nBREAKING CHANGE #12",
        "feat: x\n\nNOT A BREAKING CHANGE: x",
    ],
)
def test_what_only_looks_like_a_breaking_change_is_none(message: str) -> None:
    assert not parse(raw(message)).breaking


def test_merges_and_reverted_commits_have_no_effect() -> None:
    one, two, three, four = ("1" * 40, "2" * 40, "3" * 40, "4" * 40)
    history = [
        raw("Merge branch 'side'", sha=four, parents=(three, one)),
        raw(f'Revert "feat: a"\n\nThis reverts commit {one}.', sha=three),
        raw("fix: b", sha=two),
        raw("feat: a", sha=one),
    ]
    assert [commit.sha for commit in standing(history)] == [two]


def test_a_revert_of_a_revert_brings_the_commit_back() -> None:
    one, two, three = ("1" * 40, "2" * 40, "3" * 40)
    history = [
        raw(f"Revert it\n\nThis reverts commit {two}.", sha=three),
        raw(f"Revert it\n\nThis reverts commit {one}.", sha=two),
        raw("feat: a", sha=one),
    ]
    assert [commit.sha for commit in standing(history)] == [one]


def test_a_revert_of_an_earlier_release_stays() -> None:
    history = [raw(f'Revert "feat: old"\n\nThis reverts commit {"9" * 40}.')]
    assert [commit.type for commit in standing(history)] == ["revert"]


def test_commits_are_grouped_in_the_order_of_a_changelog() -> None:
    messages = ["docs: d", "perf: p", "fix: f", "feat: a", "fix!: b", "whatever"]
    found = grouped([parse(raw(message)) for message in messages])
    assert list(found) == ["Breaking", "Features", "Fixes", "Performance", "Other"]
    assert [commit.subject for commit in found["Other"]] == ["d", "whatever"]
