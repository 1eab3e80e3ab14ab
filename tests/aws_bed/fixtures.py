"""The bed as fixtures; emulators are started once for a whole session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_bed import emulator
from aws_bed.account import Account, account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

    from aws_bed.emulator import Emulator


@pytest.fixture(scope="session", name="ministack")
def ministack_(engine: DockerClient) -> Iterator[Emulator]:
    """Everything but autoscaling; ECS tasks are containers of this machine's Engine."""
    with emulator.ministack(engine) as made:
        yield made


@pytest.fixture(scope="session")
def guarded_ministack(engine: DockerClient) -> Iterator[Emulator]:
    """The same, which checks signatures and enforces the policies of IAM."""
    with emulator.ministack(engine, auth=True) as made:
        yield made


@pytest.fixture(scope="session", name="moto")
def moto_() -> Iterator[Emulator]:
    """Autoscaling, costs and strict errors; runs nothing."""
    with emulator.moto() as made:
        yield made


@pytest.fixture(name="account")
def account_(ministack: Emulator, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account of the test's own on ministack, which the SDK uses."""
    return used(account(ministack), monkeypatch)


@pytest.fixture
def registry_account(ministack: Emulator, monkeypatch: pytest.MonkeyPatch) -> Account:
    """Ministack's first account, whose repositories its registry serves; shared by all tests."""
    return used(Account("0" * 12, ministack), monkeypatch)


@pytest.fixture
def whole_account(
    registry_account: Account, moto: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Account:
    """The same, with moto for autoscaling and costs."""
    return used(registry_account, monkeypatch, moto)


@pytest.fixture
def scaling_account(
    ministack: Emulator, moto: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Account:
    """The same, with moto for autoscaling and costs."""
    return used(account(ministack), monkeypatch, moto)


@pytest.fixture
def moto_account(moto: Emulator, monkeypatch: pytest.MonkeyPatch) -> Account:
    """Moto for everything; its account is always the same one."""
    return used(Account("123456789012", moto), monkeypatch)


def used(made: Account, patch: pytest.MonkeyPatch, moto: Emulator | None = None) -> Account:
    """The account, which the SDK uses from now on; with moto, for what ministack does not have."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        patch.delenv(name, raising=False)
    for name, value in made.environ(moto).items():
        patch.setenv(name, value)
    return made
