"""The conformance kit on ministack: services of ECS whose tasks are containers of the Engine."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest

from docker_bed import images
from docker_bed.engine import LABEL, cleaned
from fullcycle.model import Release, Status
from fullcycle.testing import Contract
from fullcycle.testing.contract import Kit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docker import DockerClient

    from aws_bed.account import Account
    from aws_bed.emulator import Emulator
    from fullcycle.environment import Platform
    from fullcycle.providers import Runtime, Target
    from fullcycle.testing.application import Behaviour

Released = tuple[str, str]
"""Digest of an image, and where it is in the registry."""
ENDING = """\
FROM $BASE_IMAGE
ENV PYTHONPATH=/etc/ending
RUN mkdir /etc/ending && echo "import os, signal, threading; signal.signal(signal.SIGTERM, \
lambda *_: threading.Timer(1.5, os._exit, (0,)).start())" > /etc/ending/sitecustomize.py
"""
"""An application that ends by SIGTERM: ministack gives it no init, as ECS does."""
TOKEN = "KIT_TOKEN"  # noqa: S105 (the name of one)


@pytest.fixture(scope="session")
def pushed(
    engine: DockerClient, base_image: str, ministack: Emulator
) -> Iterator[Callable[[str, Behaviour], Released]]:
    """Versions of the kit's application in ministack's registry, each pushed once."""
    made: dict[tuple[str, Behaviour], Released] = {}
    repository = f"kit-{secrets.token_hex(3)}"
    boto3.Session(
        aws_access_key_id="0" * 12,
        aws_secret_access_key="none",  # noqa: S106 # pragma: allowlist secret
    ).client("ecr", endpoint_url=ministack.url, region_name="eu-west-1").create_repository(
        repositoryName=repository
    )
    with cleaned(engine, f"{LABEL}={secrets.token_hex(4)}") as label:

        def released(version: str, behaviour: Behaviour) -> Released:
            key = (version, behaviour)
            if key not in made:
                place, tag = f"{ministack.registry}/{repository}", f"{version}-{behaviour}"
                digest = images.app_image(
                    engine,
                    base_image,
                    version,
                    behaviour,
                    tag=f"{place}:{tag}",
                    label=label,
                    dockerfile=images.APP.replace("FROM $BASE_IMAGE\n", ENDING),
                )
                made[key] = digest, f"{place}@{images.push(engine, place, tag)}"
            return made[key]

        yield released


class AwsKit(Contract):
    """The provider under test in an environment of its own, where everything is provisioned."""

    provider_name = "aws"

    @pytest.fixture
    def options(self, registry_account: Account) -> dict[str, Any]:
        secret = f"kit/{secrets.token_hex(3)}"
        boto3.Session().client("secretsmanager").create_secret(
            Name=secret,
            SecretString="hunter2-hunter2",  # pragma: allowlist secret
        )
        return {
            "registry": registry_account.registry,
            "secrets": {TOKEN: f"secretsmanager:{secret}"},
        }

    @pytest.fixture
    def kit(
        self,
        target: Target,
        tmp_path: Path,
        registry_account: Account,
        pushed: Callable[[str, Behaviour], Released],
    ) -> Iterator[Kit]:
        made = AwsEnvironment(self, target, tmp_path, registry_account, pushed)
        list(made.platform.require("infrastructure").provision())
        yield made
        made.clean()

    def command(self) -> str:
        return "python app.py {port}"

    def worker(self) -> str:
        return "python app.py work"


class AwsEnvironment(Kit):
    """An environment whose releases are in the registry already."""

    def __init__(
        self,
        contract: Contract,
        target: Target,
        folder: Path,
        account_: Account,
        pushed: Callable[[str, Behaviour], Released],
    ) -> None:
        self._account = account_
        self._pushed = pushed
        super().__init__(contract, target, folder)

    def connect(self) -> Platform:
        made = super().connect()
        made.runtime = cast("Runtime", Reachable(made.runtime, self._balancer))
        return made

    def release(self, version: str, behaviour: Behaviour = "good") -> Release:
        """A version of the application, in the registry."""
        digest, place = self._pushed(version, behaviour)
        return Release(
            app=self.target.app,
            version=version,
            digest=digest,
            kind="image",
            registry=place,
            revision="0" * 40,
            created=datetime(2026, 1, 2, tzinfo=UTC),
            released_by="kit@contract",
        )

    @property
    def _balancer(self) -> str:
        """Where ministack serves the load balancer, whose own name nobody resolves."""
        name = f"{self.target.app}-{self.target.environment}"
        return f"{self._account.emulator.url}/_alb/{name}"


class Reachable:
    """A Runtime whose status names the address that ministack serves."""

    def __init__(self, runtime: Runtime, url: str) -> None:
        self._runtime = runtime
        self._url = url

    def status(self) -> Status:
        found = self._runtime.status()
        return replace(found, url=self._url) if found.url else found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runtime, name)
