"""A real account, opt-in: it costs a few cents, and leaves nothing.

    FULLCYCLE_TEST_AWS_ACCOUNT=123456789012 AWS_PROFILE=… pytest -m real_aws tests/aws

The account is the guard: with credentials of another one nothing is done. It takes credentials that
may provision, a Docker Engine, and about fifteen minutes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from docker_bed.engine import cleaned
from docker_bed.images import APP
from fullcycle.providers import Strategy
from fullcycle.settings.schema import Build
from fullcycle.testing import Contract
from fullcycle.testing.client import versions, visitors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from fullcycle.providers import Source, Target
    from fullcycle.testing.application import Behaviour
    from fullcycle.testing.contract import Kit

ACCOUNT = os.environ.get("FULLCYCLE_TEST_AWS_ACCOUNT", "")
STRATEGIES = (
    Strategy(),
    Strategy(kind="blue-green", pause=60),
    Strategy(kind="canary", steps=(20,), pause=60),
    Strategy(kind="linear", step=50, pause=60),
)


@pytest.mark.real_aws
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not ACCOUNT, reason="FULLCYCLE_TEST_AWS_ACCOUNT names no account")
class TestRealAws(Contract):
    """Every strategy under requests, in one environment."""

    provider_name = "aws"
    base = ""

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"account": ACCOUNT, "region": os.environ.get("AWS_REGION", "eu-west-1")}

    @pytest.fixture
    def kit(
        self, target: Target, tmp_path: Path, engine: DockerClient, base_image: str
    ) -> Iterator[Kit]:
        type(self).base = base_image
        from fullcycle.testing.contract import Kit

        made = Kit(self, target, tmp_path)
        infrastructure = made.platform.require("infrastructure")
        with cleaned(engine, f"fullcycle.app={target.app}"):
            try:
                list(infrastructure.provision())
                yield made
            finally:
                made.clean()
                list(infrastructure.teardown())

    def source(self, kit: Kit, version: str, behaviour: Behaviour) -> Source:
        from dataclasses import replace

        made = super().source(kit, version, behaviour)
        (made.root / "Dockerfile").write_text(APP)
        return replace(made, build=Build.model_validate({"kind": "image", "base": self.base}))

    def command(self) -> str:
        return "python app.py {port}"

    def test_every_strategy_loses_no_request(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        for number, strategy in enumerate(STRATEGIES, 2):
            with visitors(url) as trouble:
                kit.deploy(kit.workload(f"{number}.0.0"), strategy)
            assert trouble == []
            assert versions(url) == {f"{number}.0.0"}
