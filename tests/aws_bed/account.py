"""Accounts: what the SDK is told in a test, so that no test sees what another made."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_bed.emulator import REGION

if TYPE_CHECKING:
    from aws_bed.emulator import Emulator

LACKING = ("APPLICATION_AUTO_SCALING", "COST_EXPLORER")
"""The services that ministack does not have and moto has."""


@dataclass(frozen=True)
class Account:
    """An account of an emulator that nobody else uses."""

    number: str
    """12 digits, which ministack takes as an access key, too."""
    emulator: Emulator

    @property
    def registry(self) -> str:
        """Where its images are pushed to."""
        return self.emulator.registry

    def environ(self, moto: Emulator | None = None) -> dict[str, str]:
        """The variables that lead every SDK there, and keep it from a developer's own profile.

        Args:
            moto: serves what ministack does not have.
        """
        return {
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_ACCESS_KEY_ID": self.number,
            "AWS_SECRET_ACCESS_KEY": "none",  # pragma: allowlist secret
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            **({f"AWS_ENDPOINT_URL_{name}": moto.url for name in LACKING} if moto else {}),
        }


def account(emulator: Emulator) -> Account:
    """A new one."""
    return Account(str(secrets.randbelow(9 * 10**11) + 10**11), emulator)
