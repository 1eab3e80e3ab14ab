"""What every Builder promises."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from fullcycle.errors import StepError
from fullcycle.providers import Source

from .contract import Contract, Kit


class BuilderContract(Contract):
    """Builds are repeatable and fail with the reason."""

    def test_an_artifact_is_named_by_its_content(self, kit: Kit) -> None:
        artifact = kit.build("1.0.0")
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", artifact.digest)
        assert (artifact.app, artifact.version) == (kit.target.app, "1.0.0")
        assert artifact.provider == self.provider_name

    def test_the_same_source_built_twice_has_the_same_digest(self, kit: Kit) -> None:
        assert kit.build("1.0.0").digest == kit.build("1.0.0").digest

    def test_another_source_has_another_digest(self, kit: Kit) -> None:
        assert kit.build("1.0.0").digest != kit.build("2.0.0").digest

    def test_a_build_that_fails_says_why(self, kit: Kit) -> None:
        source = self.broken(kit)
        with pytest.raises(StepError) as failed:
            kit.platform.require("builder").build(source, kit.bench)
        assert "no such luck" in f"{failed.value.message} {failed.value.log_tail}"

    def broken(self, kit: Kit) -> Source:
        """A source whose build writes `no such luck` and fails."""
        source = kit.source()
        settings = source.build.model_copy(update={"run": "echo no such luck; exit 3"})
        return replace(source, build=settings)
