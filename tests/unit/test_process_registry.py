"""A folder that keeps releases."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import StepError, UsageError
from fullcycle.model import Artifact, Release
from fullcycle_process.content import pack
from fullcycle_process.registry import FolderRegistry

if TYPE_CHECKING:
    from fullcycle.providers import Registry

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def registry(tmp_path: Path) -> FolderRegistry:
    return FolderRegistry(tmp_path / "registry")


class Shelf:
    """Makes artifacts with content and releases of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def artifact(self, text: str) -> tuple[Artifact, Path]:
        self.count += 1
        tree = self.folder / f"tree-{self.count}"
        tree.mkdir()
        (tree / "app.txt").write_text(text)
        content = pack(tree, self.folder)
        artifact = Artifact(
            app="shop",
            digest=content.digest,
            kind="files",
            provider="process",
            version="1",
            revision="0" * 40,
            created=NOW,
            path=content.path.name,
        )
        return artifact, content.path

    def publish(self, registry: Registry, version: str, text: str = "") -> Release:
        artifact, path = self.artifact(text or version)
        return registry.publish(artifact, self.release(artifact, version), path)

    def release(self, artifact: Artifact, version: str) -> Release:
        return Release(
            app="shop",
            version=version,
            digest=artifact.digest,
            kind="files",
            registry="",
            revision="0" * 40,
            created=NOW + timedelta(seconds=self.count),
            released_by="ada@work",
        )


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_what_was_published_is_found_by_version_digest_and_abbreviation(
    registry: FolderRegistry, shelf: Shelf
) -> None:
    release = shelf.publish(registry, "1.0.0")
    assert registry.find("1.0.0") == release
    assert registry.find(release.digest) == release
    assert registry.find(release.digest[:15]) == release
    assert registry.find(release.digest[7:15]) == release
    assert registry.find("latest") == release
    assert registry.find("2.0.0") is None
    assert registry.find("") is None


def test_the_content_of_a_release_is_fetched_through_its_uri(
    registry: FolderRegistry, shelf: Shelf
) -> None:
    release = shelf.publish(registry, "1.0.0")
    assert FolderRegistry.at(release.registry).fetch(release.digest).stat().st_size > 0


def test_publishing_the_same_again_changes_nothing(registry: FolderRegistry, shelf: Shelf) -> None:
    artifact, path = shelf.artifact("x")
    release = shelf.release(artifact, "1.0.0")
    first = registry.publish(artifact, release, path)
    again = replace(release, created=NOW + timedelta(days=1))
    assert registry.publish(artifact, again, path) == first
    assert registry.list() == [first]


def test_a_version_never_changes_its_content(registry: FolderRegistry, shelf: Shelf) -> None:
    shelf.publish(registry, "1.0.0", "a")
    with pytest.raises(StepError, match=r"version 1\.0\.0 is taken"):
        shelf.publish(registry, "1.0.0", "b")


def test_content_with_another_digest_is_refused_and_leaves_nothing(
    registry: FolderRegistry, shelf: Shelf
) -> None:
    artifact, _ = shelf.artifact("a")
    _, other = shelf.artifact("b")
    with pytest.raises(StepError, match="has the digest"):
        registry.publish(artifact, shelf.release(artifact, "1.0.0"), other)
    assert registry.list() == []


def test_missing_content_is_named(registry: FolderRegistry, shelf: Shelf) -> None:
    artifact, _ = shelf.artifact("a")
    with pytest.raises(StepError, match=r"content of shop 1 is missing: .*gone"):
        registry.publish(artifact, shelf.release(artifact, "1"), Path("/gone"))


def test_damaged_content_is_named_when_it_is_fetched(
    registry: FolderRegistry, shelf: Shelf
) -> None:
    release = shelf.publish(registry, "1.0.0")
    blob = registry.fetch(release.digest)
    data = bytearray(blob.read_bytes())
    data[512] ^= 1
    blob.write_bytes(bytes(data))
    with pytest.raises(StepError, match=f"{blob.name} is damaged"):
        registry.fetch(release.digest)


def test_torn_content_is_repaired_by_publishing_again(
    registry: FolderRegistry, shelf: Shelf
) -> None:
    release = shelf.publish(registry, "1.0.0")
    os.truncate(registry.fetch(release.digest), 100)
    shelf.publish(registry, "1.0.0")
    registry.fetch(release.digest)


def test_releases_are_listed_newest_first(registry: FolderRegistry, shelf: Shelf) -> None:
    for version in ("1.9.0", "1.10.0", "0.1.0"):
        shelf.publish(registry, version)
    assert [release.version for release in registry.list()] == ["0.1.0", "1.10.0", "1.9.0"]


def test_an_abbreviation_that_fits_several_is_an_error(
    registry: FolderRegistry, shelf: Shelf
) -> None:
    seen: dict[str, str] = {}
    for number in range(2000):
        artifact, path = shelf.artifact(str(number))
        start = artifact.digest[7:11]
        if start in seen and seen[start] != artifact.digest:
            registry.publish(artifact, shelf.release(artifact, f"1.{number}"), path)
            other, path = shelf.artifact(seen[start])
            registry.publish(other, shelf.release(other, "2.0"), path)
            with pytest.raises(UsageError, match="fits 2 digests"):
                registry.find(start)
            return
        seen[start] = str(number)
    pytest.fail("no two digests begin alike")


def test_pruning_keeps_the_newest_and_what_is_needed(
    registry: FolderRegistry, shelf: Shelf
) -> None:
    old, older, new = (shelf.publish(registry, version) for version in ("1", "2", "3"))
    registry.attach(older, "sbom.json", b"{}")
    gone = registry.prune(1, frozenset({old.digest}))
    assert [release.version for release in gone] == ["2"]
    assert {release.version for release in registry.list()} == {"1", "3"}
    registry.fetch(old.digest)
    registry.fetch(new.digest)
    with pytest.raises(StepError, match="does not hold"):
        registry.fetch(older.digest)


def test_content_of_two_versions_stays_while_one_of_them_does(
    registry: FolderRegistry, shelf: Shelf
) -> None:
    shelf.publish(registry, "1", "same")
    shelf.publish(registry, "2", "same")
    registry.prune(1, frozenset())
    assert [release.version for release in registry.list()] == ["2"]
    registry.fetch(registry.list()[0].digest)


def test_another_kind_of_registry_is_an_error() -> None:
    with pytest.raises(UsageError, match="cannot read"):
        FolderRegistry.at("https://registry.example.org/shop")
