"""Labels and names: to whom everything on an Engine belongs.

Only what carries the labels of an application and an environment is ever changed or removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

APP = "fullcycle.app"
ENVIRONMENT = "fullcycle.environment"
ROLE = "fullcycle.role"
REPLICA = "fullcycle.replica"
PROCESS = "fullcycle.process"
DEPLOYMENT = "fullcycle.deployment"
VERSION = "fullcycle.version"
DIGEST = "fullcycle.digest"


class Role(StrEnum):
    """What a container, volume, network or service is for."""

    REPLICA = "replica"
    GATEWAY = "gateway"
    TASK = "task"
    """A one-off command."""
    TRYOUT = "tryout"
    ACCESSORY = "accessory"
    STATE = "state"
    """History, logs of removed replicas."""
    LOCK = "lock"
    NETWORK = "network"
    VOLUME = "volume"
    PAPER = "paper"
    """What is known of a release: an image of one file."""


@dataclass(frozen=True, slots=True)
class Owner:
    """One environment of one application."""

    app: str
    environment: str

    def labels(self, role: Role, **more: str) -> dict[str, str]:
        """The labels of something new.

        Args:
            role: what it is for.
            more: further labels, without their `fullcycle.`: `deployment="…"`.
        """
        own = {APP: self.app, ENVIRONMENT: self.environment, ROLE: str(role)}
        return own | {f"fullcycle.{name}": value for name, value in more.items()}

    def filter(self, role: Role | None = None, **more: str) -> dict[str, list[str]]:
        """The Engine's filter for what belongs to this environment."""
        wanted = {APP: self.app, ENVIRONMENT: self.environment}
        wanted |= {ROLE: str(role)} if role else {}
        wanted |= {f"fullcycle.{name}": value for name, value in more.items()}
        return {"label": [f"{name}={value}" for name, value in wanted.items()]}

    def name(self, *parts: str) -> str:
        """The name of something that belongs to this environment: `shop-staging-gateway`."""
        return "-".join((self.app, self.environment, *parts))

    def owns(self, labels: Mapping[str, str] | None) -> bool:
        """Whether something with these labels belongs to this environment."""
        found = labels or {}
        return found.get(APP) == self.app and found.get(ENVIRONMENT) == self.environment
