"""Network: where the replicas of an environment, its gateway and its accessories meet.

Every replica has an address of its own that stays when it is restarted, or the gateway would lose
it. The Engine gives fixed addresses only in a network whose range was asked for, so the range it
has chosen itself is asked for again. The lower half is for replicas, the upper half for whatever
takes the address it gets.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING, Any

from fullcycle.errors import StepError

from .faults import translated
from .labels import Role

if TYPE_CHECKING:
    from .engine import Engine
    from .labels import Owner

TRIES = 10
"""How often somebody else may take the range, or an address, before we do."""


@dataclass(frozen=True)
class Range:
    """The addresses of a network."""

    subnet: IPv4Network
    gateway: str
    """The Engine's own address in it."""

    @cached_property
    def fixed(self) -> IPv4Network:
        """Those that replicas get."""
        return next(self.subnet.subnets(1))

    @cached_property
    def loose(self) -> IPv4Network:
        """Those that the Engine gives to others."""
        return list(self.subnet.subnets(1))[1]

    def draw(self) -> str:
        """An address for a replica; probably free."""
        while True:
            number = random.randrange(2, self.fixed.num_addresses - 1)  # noqa: S311 (no secret)
            if (drawn := str(self.fixed[number])) != self.gateway:
                return drawn


class Network:
    """The network of one environment."""

    def __init__(self, engine: Engine, owner: Owner) -> None:
        self._engine = engine
        self._owner = owner
        self.name = owner.name()
        self._range: Range | None = None

    def find(self) -> dict[str, Any] | None:
        """What the Engine says of it, if it exists."""
        with translated(f"looking for network {self.name}"):
            filters = {**self._owner.filter(Role.NETWORK), "name": [self.name]}
            found = self._engine.api.networks(filters=filters)
        return next((each for each in found if each["Name"] == self.name), None)

    def ensure(self) -> None:
        """Make it where it is missing; the caller holds the environment's lock.

        Raises:
            StepError: the Engine has no addresses left for it.
        """
        if self.find() is None:
            with translated(f"making network {self.name}"):
                self._make()

    def range(self) -> Range:
        """Its addresses.

        Raises:
            StepError: it does not exist.
        """
        if self._range is None:
            found = self.find()
            if found is None:
                raise StepError(f"there is no network {self.name}", hint="deploy makes it")
            self._range = _range(found)
        return self._range

    def remove(self) -> bool:
        """Remove it; False when there is none, or something still needs it."""
        from docker.errors import APIError, NotFound

        self._range = None
        found = self.find()
        if found is None:
            return False
        try:
            self._engine.api.remove_network(found["Id"])
        except NotFound:
            return False
        except APIError as error:
            if "active endpoints" in str(error.explanation):
                return False
            with translated(f"removing network {self.name}"):
                raise
        return True

    def _make(self) -> None:
        from docker.errors import APIError

        for _ in range(TRIES):
            chosen = self._create()
            self._engine.api.remove_network(chosen["Id"])
            try:
                self._create(_range(chosen))
            except APIError as error:
                if "overlaps" not in str(error.explanation):
                    raise
            else:
                return
        raise StepError("the Engine's networks keep changing", hint="try again")

    def _create(self, wanted: Range | None = None) -> dict[str, Any]:
        from docker.types import IPAMConfig, IPAMPool

        pool = wanted and IPAMPool(
            subnet=str(wanted.subnet), iprange=str(wanted.loose), gateway=wanted.gateway
        )
        api = self._engine.api
        # A first network that a killed command left without a range is not taken for ours.
        labels = self._owner.labels(Role.NETWORK if wanted else Role.TASK)
        made = api.create_network(
            self.name if wanted else self._owner.name("range"),
            driver="bridge",
            check_duplicate=True,
            ipam=IPAMConfig(pool_configs=[pool]) if pool else None,
            labels=labels,
        )
        found: dict[str, Any] = api.inspect_network(made["Id"])
        return found


def _range(network: dict[str, Any]) -> Range:
    configs = network["IPAM"]["Config"] or []
    for each in configs:
        subnet = ip_network(each["Subnet"])
        if isinstance(subnet, IPv4Network):
            gateway = each.get("Gateway") or str(subnet.network_address + 1)
            return Range(subnet, gateway.partition("/")[0])
    raise StepError(f"network {network['Name']} has no IPv4 addresses")
