"""What every Registry promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fullcycle.errors import StepError

from .contract import Contract, Kit


class RegistryContract(Contract):
    """Releases are kept by digest, and a version means one digest for ever."""

    def test_a_release_is_found_by_version_and_by_digest(self, kit: Kit) -> None:
        release = kit.publish(kit.build("1.0.0"))
        registry = kit.connect().require("registry")
        assert registry.find("1.0.0") == release
        assert registry.find(release.digest) == release
        assert release.registry

    def test_a_release_is_found_by_an_abbreviated_digest(self, kit: Kit) -> None:
        release = kit.publish(kit.build("1.0.0"))
        registry = kit.connect().require("registry")
        assert registry.find(release.digest[:19]) == release
        assert registry.find(release.digest.removeprefix("sha256:")[:12]) == release

    def test_what_was_never_published_is_not_found(self, kit: Kit) -> None:
        registry = kit.platform.require("registry")
        assert registry.find("9.9.9") is None
        assert registry.find(f"sha256:{'0' * 64}") is None
        assert list(registry.list()) == []

    def test_publishing_the_same_again_changes_nothing(self, kit: Kit) -> None:
        artifact = kit.build("1.0.0")
        first = kit.publish(artifact)
        assert kit.publish(artifact) == first
        assert list(kit.connect().require("registry").list()) == [first]

    def test_a_version_never_changes_its_digest(self, kit: Kit) -> None:
        release = kit.publish(kit.build("1.0.0"))
        with pytest.raises(StepError, match=r"1\.0\.0"):
            kit.publish(kit.build("2.0.0"), "1.0.0")
        assert kit.connect().require("registry").find("1.0.0") == release

    def test_content_that_does_not_have_the_artifacts_digest_is_refused(self, kit: Kit) -> None:
        artifact = kit.build("1.0.0")
        if kit.content(artifact) is None:
            pytest.skip("the platform holds the content, under its digest")
        with pytest.raises(StepError):
            kit.publish(replace(artifact, digest=f"sha256:{'1' * 64}"))
        assert list(kit.connect().require("registry").list()) == []

    def test_releases_are_listed_newest_first(self, kit: Kit) -> None:
        for version in ("1.0.0", "1.1.0", "1.2.0"):
            kit.publish(kit.build(version))
        listed = [release.version for release in kit.connect().require("registry").list()]
        assert listed == ["1.2.0", "1.1.0", "1.0.0"]

    def test_pruning_keeps_the_newest_and_what_is_needed(self, kit: Kit) -> None:
        versions = ("1.0.0", "1.1.0", "1.2.0", "1.3.0")
        releases = [kit.publish(kit.build(version)) for version in versions]
        gone = kit.platform.require("registry").prune(1, frozenset({releases[0].digest}))
        assert {release.version for release in gone} == {"1.1.0", "1.2.0"}
        left = [release.version for release in kit.connect().require("registry").list()]
        assert left == ["1.3.0", "1.0.0"]

    def test_content_that_a_kept_version_shares_survives_pruning(self, kit: Kit) -> None:
        artifact = kit.build("1.0.0")
        kit.publish(artifact, "1.0.0")
        kit.publish(artifact, "1.0.1")
        registry = kit.platform.require("registry")
        registry.prune(1, frozenset())
        found = registry.find(artifact.digest)
        assert found is not None
        assert found.version == "1.0.1"
