"""Names: what things of an application and its environments are called on AWS."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

APP = "fullcycle:app"
ENVIRONMENT = "fullcycle:environment"

BALANCER = 32
"""Characters that names of load balancers and target groups may have."""
ROLE = 64
"""Characters that names of IAM roles may have."""
BUCKET = 63


def short(name: str, limit: int) -> str:
    """The name, cut where it is too long, and still unique."""
    if len(name) <= limit:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: limit - 9].rstrip('-')}-{mark}"


@dataclass(frozen=True, slots=True)
class Names:
    """One environment of one application."""

    app: str
    environment: str

    @property
    def prefix(self) -> str:
        """What all names of the environment begin with."""
        return f"{self.app}-{self.environment}"

    @property
    def tags(self) -> dict[str, str]:
        """What everything of the environment carries."""
        return self.shared_tags | {ENVIRONMENT: self.environment}

    @property
    def shared_tags(self) -> dict[str, str]:
        """What everything carries that the environments of the application share."""
        return {APP: self.app}

    @property
    def stack(self) -> str:
        """The stack of the environment."""
        return f"fullcycle-{self.prefix}"

    @property
    def shared_stack(self) -> str:
        """The stack of what the environments of the application share: the repository."""
        return f"fullcycle-{self.app}"

    @property
    def repository(self) -> str:
        """The repository of ECR, shared by the environments."""
        return self.app

    @property
    def cluster(self) -> str:
        """The cluster, where none is adopted."""
        return self.prefix

    @property
    def log_group(self) -> str:
        """The log group of all processes; streams begin with the process' name."""
        return f"/fullcycle/{self.app}/{self.environment}"

    @property
    def load_balancer(self) -> str:
        """The load balancer, where none is adopted."""
        return short(self.prefix, BALANCER)

    @property
    def dashboard(self) -> str:
        """The dashboard of CloudWatch."""
        return self.prefix

    def service(self, process: str) -> str:
        """The service of a process, and the family of its task definitions."""
        return f"{self.prefix}-{process}"

    def target_group(self, colour: str) -> str:
        """One of the two target groups: `blue`, `green`."""
        return short(f"{self.prefix}-{colour}", BALANCER)

    def role(self, purpose: str, region: str) -> str:
        """A role; roles are the account's, not a region's."""
        return short(f"{self.prefix}-{purpose}-{region}", ROLE)

    def alarm(self, about: str) -> str:
        """An alarm: `5xx`, `unhealthy`, `cpu`."""
        return f"{self.prefix}-{about}"

    def bucket(self, account: str, region: str) -> str:
        """The bucket of what a team shares, of all environments in the account and region."""
        return short(f"fullcycle-{self.app}-{account}-{region}", BUCKET)

    def priority(self, *, shared: bool) -> int:
        """Of the rule for the application's requests; the one before it is for maintenance.

        Args:
            shared: on a load balancer with rules of others, whose priorities are below 10000 as a
                rule: from 10001 on, always the same, odd, and seldom another environment's.
        """
        if not shared:
            return 101
        return 10001 + 2 * (int(hashlib.sha256(self.prefix.encode()).hexdigest(), 16) % 19_999)

    @property
    def key(self) -> str:
        """What all keys of the environment in the bucket begin with."""
        return f"{self.app}/{self.environment}/"
