"""Site: everything that an environment's template depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fullcycle_aws.names import Names
    from fullcycle_aws.options import Options

BLUE, GREEN = "blue", "green"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """An existing VPC."""

    vpc: str
    subnets: tuple[str, ...]
    """The load balancer's, by id."""
    task_subnets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """An existing load balancer."""

    arn: str
    dns: str
    zone: str
    """The hosted zone of its DNS name."""
    security_groups: tuple[str, ...]
    listener: str
    """ARN of the listener that gets the application's rule."""
    secure: bool
    """Whether that listener speaks HTTPS."""

    @property
    def full_name(self) -> str:
        """As metrics call it: `app/name/id`."""
        return self.arn.partition(":loadbalancer/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One environment of one application, and what of it exists already."""

    names: Names
    options: Options
    account: str
    region: str
    network: Network | None = None
    """None: one of its own is made."""
    balancer: Balancer | None = None
    """None: one of its own is made."""
    zone: str = ""
    """The id of the hosted zone, where the settings name one."""
    serving: str = BLUE
    """Which target group requests are forwarded to: updating the stack must not switch them."""

    @property
    def waiting(self) -> str:
        """The other target group."""
        return GREEN if self.serving == BLUE else BLUE
