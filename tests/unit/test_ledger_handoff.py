from __future__ import annotations

import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import UsageError
from fullcycle.model import Artifact, Release
from fullcycle.pipeline.handoff import Handoff

if TYPE_CHECKING:
    from pathlib import Path

ARTIFACT = Artifact(
    app="shop",
    digest="sha256:1",
    kind="python",
    provider="process",
    version="1.0.0",
    revision="abc",
    created=datetime(2026, 11, 22, tzinfo=UTC),
)


def test_what_is_handed_on_is_read_in_another_clone(tmp_path: Path) -> None:
    path = Handoff(tmp_path).write("artifact", ARTIFACT)
    assert path == tmp_path / ".fullcycle" / "handoff" / "artifact.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Handoff(tmp_path).read("artifact", Artifact) == ARTIFACT
    assert Handoff(tmp_path).require("artifact", Artifact, "build") == ARTIFACT
    assert [file.name for file in path.parent.iterdir()] == ["artifact.json"]


def test_nothing_handed_on_names_the_stage_to_run(tmp_path: Path) -> None:
    handoff = Handoff(tmp_path)
    assert handoff.read("artifact", Artifact) is None
    with pytest.raises(UsageError, match="no artifact to go on from") as error:
        handoff.require("artifact", Artifact, "build")
    assert "run `invoke build` first" in error.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"app": 1}', "\x00"])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    path = Handoff(tmp_path).write("artifact", ARTIFACT)
    path.write_text(text)
    with pytest.raises(UsageError, match=r"handoff/artifact\.json is damaged"):
        Handoff(tmp_path).read("artifact", Artifact)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    Handoff(tmp_path).write("release", ARTIFACT)
    with pytest.raises(UsageError, match="registry"):
        Handoff(tmp_path).read("release", Release)


def test_a_file_of_a_newer_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    path = Handoff(tmp_path).write("artifact", ARTIFACT)
    path.write_text(path.read_text().replace("{", '{"colour": "red",', 1))
    assert Handoff(tmp_path).read("artifact", Artifact) == ARTIFACT


def test_blobs_have_a_private_folder(tmp_path: Path) -> None:
    blobs = Handoff(tmp_path).blobs
    assert blobs == tmp_path / ".fullcycle" / "handoff" / "blobs"
    assert blobs.is_dir()
