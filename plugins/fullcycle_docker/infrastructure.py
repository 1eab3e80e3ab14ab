"""DockerInfrastructure: the network, the accessories and the gateway of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fullcycle.model import Event

from . import container
from .faults import translated
from .labels import ROLE, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Cost

    from .accessories import Accessories
    from .engine import Engine
    from .gateway import Gateway
    from .labels import Owner
    from .network import Network


class DockerInfrastructure:
    """What an environment needs beside its replicas."""

    def __init__(
        self,
        engine: Engine,
        owner: Owner,
        network: Network,
        accessories: Accessories,
        gateway: Gateway,
    ) -> None:
        self._engine = engine
        self._owner = owner
        self._network = network
        self._accessories = accessories
        self._gateway = gateway

    def plan(self) -> Sequence[str]:
        """See Infrastructure.plan."""
        return list(self._changes())

    def provision(self) -> Iterator[Event]:
        """See Infrastructure.provision. Accessories whose settings have changed start anew.

        Raises:
            UsageError: a secret is not set.
            StepError: an accessory doesn't become healthy.
        """
        if self._network.find() is None:
            self._network.ensure()
            yield Event(message=f"made network {self._network.name}")
        for name in self._accessories.differing():
            self._accessories.replace(name)
            yield Event(message=f"started {name} anew")
        for name in self._accessories.ensure():
            yield Event(message=f"started {name}")
        if self._gateway.outdated():
            self._gateway.renew()
            yield Event(message="started the gateway anew")

    def teardown(self) -> Iterator[Event]:
        """See Infrastructure.teardown. Nothing is removed that isn't labelled as ours."""
        for found in self._containers():
            if found["Labels"][ROLE] == Role.ACCESSORY:
                self._accessories.stop(found["Labels"]["fullcycle.accessory"])
            container.remove(self._engine, found["Id"])
            yield Event(message=f"removed container {found['Names'][0].lstrip('/')}")
        if self._network.remove():
            yield Event(message=f"removed network {self._network.name}")
        for name in self._volumes():
            with translated(f"removing volume {name}"):
                self._engine.api.remove_volume(name)
            yield Event(message=f"removed volume {name}")

    def monthly_cost(self) -> Cost | None:
        """See Infrastructure.monthly_cost: whoever has the machine knows."""
        return None

    def _changes(self) -> Iterator[str]:
        if self._network.find() is None:
            yield f"make network {self._network.name}"
        for name in self._accessories.missing():
            yield f"start accessory {name}"
        for name in self._accessories.differing():
            yield f"start accessory {name} anew: its settings have changed"
        if self._gateway.outdated():
            yield "start the gateway anew, with other settings: requests fail for a moment"

    def _containers(self) -> list[dict[str, Any]]:
        """All but the lock, which the caller holds."""
        with translated("listing containers"):
            found = self._engine.api.containers(all=True, filters=self._owner.filter())
        return [each for each in found if each["Labels"].get(ROLE) != Role.LOCK]

    def _volumes(self) -> list[str]:
        with translated("listing volumes"):
            found = self._engine.api.volumes(filters=self._owner.filter())
        return [each["Name"] for each in found["Volumes"] or ()]
