"""A tree of files and its name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import StepError
from fullcycle_process.content import digest_of, pack, unpack

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "run").write_text("#!/bin/sh\necho hi\n")
    (folder / "bin" / "run").chmod(0o755)
    (folder / "data.txt").write_text("data")
    (folder / "link").symlink_to("data.txt")
    return folder


def packed(tree: Path, name: str) -> Path:
    folder = tree.parent / name
    folder.mkdir()
    return pack(tree, folder).path


def test_the_same_tree_packed_twice_is_the_same_file(tree: Path) -> None:
    first = packed(tree, "one")
    os.utime(tree / "data.txt", (1, 1))
    (tree / "data.txt").chmod(0o600)
    second = packed(tree, "two")
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_the_digest_of_the_tar_is_that_of_the_tree(tree: Path) -> None:
    path = packed(tree, "one")
    assert digest_of(path) == f"sha256:{path.stem}"


@pytest.mark.parametrize("change", ["content", "mode", "name", "link"])
def test_any_change_of_the_tree_changes_the_digest(tree: Path, change: str) -> None:
    before = packed(tree, "one").name
    if change == "content":
        (tree / "data.txt").write_text("Data")
    elif change == "mode":
        (tree / "data.txt").chmod(0o755)
    elif change == "name":
        (tree / "data.txt").rename(tree / "date.txt")
    else:
        (tree / "link").unlink()
        (tree / "link").symlink_to("bin/run")
    assert packed(tree, "two").name != before


def test_unpacking_gives_the_tree_back(tree: Path) -> None:
    target = tree.parent / "target"
    unpack(packed(tree, "one"), target)
    assert (target / "data.txt").read_text() == "data"
    assert os.access(target / "bin" / "run", os.X_OK)
    assert str((target / "link").readlink()) == "data.txt"
    assert packed(target, "two").name == packed(tree, "three").name


def test_a_single_file_is_a_tree_too(tree: Path) -> None:
    path = pack(tree / "data.txt", tree.parent).path
    unpack(path, tree.parent / "target")
    assert [p.name for p in (tree.parent / "target").iterdir()] == ["data.txt"]


def test_files_that_share_an_inode_are_packed_as_files(tree: Path) -> None:
    (tree / "twin.txt").hardlink_to(tree / "data.txt")
    path = packed(tree, "one")
    unpack(path, tree.parent / "target")
    assert (tree.parent / "target" / "twin.txt").read_text() == "data"
    assert digest_of(path) == f"sha256:{path.stem}"


def test_a_name_that_is_not_utf8_survives(tree: Path) -> None:
    (tree / os.fsdecode(b"caf\xe9")).write_text("x")
    path = packed(tree, "one")
    assert digest_of(path) == f"sha256:{path.stem}"


def test_a_link_out_of_the_tree_is_refused(tree: Path) -> None:
    (tree / "out").symlink_to("/etc/passwd")
    with pytest.raises(StepError, match="leads out of"):
        packed(tree, "one")


def test_an_empty_tree_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    with pytest.raises(StepError, match="is empty"):
        packed(tmp_path / "tree", "one")


def test_a_torn_tar_file_is_named(tree: Path) -> None:
    path = packed(tree, "one")
    os.truncate(path, 700)
    with pytest.raises(StepError, match=path.name):
        digest_of(path)
