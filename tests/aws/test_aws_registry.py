"""Releases in ECR: the contract, tags that never change, and its own scan."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from docker_bed import engine as engines
from docker_bed.images import APP
from fullcycle.errors import UsageError
from fullcycle.settings.schema import Build
from fullcycle.testing import RegistryContract
from fullcycle.testing.contract import Contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

    from aws_bed.account import Account
    from fullcycle.providers import Source, Target
    from fullcycle.testing.application import Behaviour
    from fullcycle.testing.contract import Kit


class Ecr(Contract):
    """The provider under test, without a repository yet."""

    provider_name = "aws"
    base = ""

    @pytest.fixture
    def options(self, registry_account: Account) -> dict[str, Any]:
        return {"registry": registry_account.registry}

    @pytest.fixture(autouse=True)
    def _cleaned(self, engine: DockerClient, target: Target, base_image: str) -> Iterator[None]:
        type(self).base = base_image
        with engines.cleaned(engine, f"fullcycle.app={target.app}"):
            yield

    def source(self, kit: Kit, version: str, behaviour: Behaviour) -> Source:
        made = super().source(kit, version, behaviour)
        (made.root / "Dockerfile").write_text(APP)
        return replace(made, build=Build.model_validate({"kind": "image", "base": self.base}))


class TestEcrRegistry(Ecr, RegistryContract):
    @pytest.fixture(autouse=True)
    def _repository(self, registry_account: Account, target: Target) -> None:  # noqa: ARG002 (the SDK's account)
        boto3.Session().client("ecr").create_repository(
            repositoryName=target.app, imageTagMutability="MUTABLE"
        )

    def test_a_release_has_its_version_and_its_commit_as_tags_and_no_tag_that_moves(
        self, kit: Kit
    ) -> None:
        release = kit.publish(kit.build("1.2.0"))
        assert _tags(kit) == {"1.2.0", "sha-000000000000", "1.2.0.fullcycle"}
        assert kit.connect().require("registry").verify(release) == []

    def test_a_publication_that_was_cut_off_goes_on_where_tags_never_change(
        self, kit: Kit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        artifact = kit.build("1.0.0")
        docker = pytest.importorskip("fullcycle_docker.registry_remote")
        with monkeypatch.context() as patch:
            patch.setattr(docker.RemoteRegistry, "_record", _cut_off)
            with pytest.raises(KeyboardInterrupt):
                kit.publish(artifact)
        boto3.Session().client("ecr").put_image_tag_mutability(
            repositoryName=kit.target.app, imageTagMutability="IMMUTABLE"
        )
        assert kit.publish(artifact) == kit.connect().require("registry").find("1.0.0")

    def test_papers_are_kept_beside_a_release(self, kit: Kit) -> None:
        release = kit.publish(kit.build("1.0.0"))
        registry = kit.connect().require("registry")
        registry.attach(release, "sbom.json", json.dumps({"bomFormat": "CycloneDX"}).encode())
        assert registry.verify(release) == []
        assert registry.find("1.0.0") == release


class TestWithoutARepository(Ecr):
    def test_a_repository_that_lacks_is_named_with_what_makes_it(self, kit: Kit) -> None:
        with pytest.raises(UsageError, match=kit.target.app) as failed:
            kit.platform.require("registry").find("1.0.0")
        assert "deploy.provision --env contract" in failed.value.hint


def _tags(kit: Kit) -> set[str]:
    found = boto3.Session().client("ecr").describe_images(repositoryName=kit.target.app)
    return {tag for image in found["imageDetails"] for tag in image["imageTags"]}


def _cut_off(*_: object) -> None:
    raise KeyboardInterrupt
