"""What tests of the aws provider share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_bed.fixtures import (  # noqa: F401 (fixtures for this folder)
    account_,
    guarded_ministack,
    ministack_,
    moto_,
    moto_account,
    registry_account,
    scaling_account,
    whole_account,
)
from aws_bed.tools import program

if TYPE_CHECKING:
    import pytest


def pytest_collection_finish(session: pytest.Session) -> None:
    """Install the emulators before a test's time runs: it takes a minute, once a machine."""
    if session.items and not session.config.option.collectonly:
        program("ministack")
