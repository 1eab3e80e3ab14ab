"""SwarmInfrastructure: the network and the accessories of an environment on a Swarm."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fullcycle.model import Event
from fullcycle_docker.faults import translated
from fullcycle_docker.labels import ROLE, Role

from .ground import find_network, network, tidy
from .watch import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Cost

    from .services import Services

LET_GO = 60.0
"""Seconds in which a node removes the containers that use a volume."""


class SwarmInfrastructure:
    """What an environment needs beside its replicas."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._manager = services.manager
        self._owner = services.owner

    def plan(self) -> Sequence[str]:
        """See Infrastructure.plan."""
        return list(self._changes())

    def provision(self) -> Iterator[Event]:
        """See Infrastructure.provision. Accessories whose settings have changed start anew.

        Raises:
            UsageError: a secret is not set, or a Swarm cannot do what the settings say.
            StepError: an accessory doesn't become healthy.
        """
        if find_network(self._manager, self._owner) is None:
            network(self._manager, self._owner)
            yield Event(message="made the network")
        yield from self._services.accessories.renew()
        yield from self._services.accessories.ensure()
        tidy(self._manager, self._owner)

    def teardown(self) -> Iterator[Event]:
        """See Infrastructure.teardown. Nothing is removed that isn't labelled as ours.

        A manager has no way to the volumes of other nodes: it says where some may be left.
        """
        yield from self._services.remove(accessories=True)
        for each in self._manager.objects("configs", self._owner.filter()):
            if each["Spec"]["Labels"][ROLE] != Role.LOCK:
                self._manager.remove_object("configs", each["ID"])
        for name in self._volumes():
            yield from until(partial(self._drop, name), f"volume {name} to be let go", LET_GO)
            yield Event(message=f"removed volume {name}")
        yield from self._elsewhere()

    def monthly_cost(self) -> Cost | None:
        """See Infrastructure.monthly_cost: whoever has the machines knows."""
        return None

    def _changes(self) -> Iterator[str]:
        accessories = self._services.accessories
        if find_network(self._manager, self._owner) is None:
            yield "make the network"
        for name in accessories.missing():
            yield f"start accessory {name}"
        for name in accessories.differing():
            yield f"start accessory {name} anew: its settings have changed"

    def _volumes(self) -> list[str]:
        with translated("listing volumes", self._manager.engine.address):
            found = self._manager.engine.api.volumes(filters=self._owner.filter())
        return [each["Name"] for each in found["Volumes"] or ()]

    def _drop(self, name: str) -> bool:
        """Remove a volume; False while a container uses it."""
        from docker.errors import APIError, NotFound

        try:
            self._manager.engine.api.remove_volume(name)
        except NotFound:
            return True
        except APIError as refused:
            if refused.status_code == 409:  # noqa: PLR2004 (Conflict)
                return False
            with translated(f"removing volume {name}", self._manager.engine.address):
                raise
        return True

    def _elsewhere(self) -> Iterator[Event]:
        home = self._manager.engine.info["Swarm"]["NodeID"]
        others = [
            node["Description"]["Hostname"]
            for ident, node in self._manager.nodes().items()
            if ident != home
        ]
        if others:
            labels = " ".join(f"--filter label={each}" for each in self._owner.filter()["label"])
            yield Event(
                message=f"volumes on {', '.join(sorted(others))}, if any, are left: there,"
                f" `docker volume rm $(docker volume ls -q {labels})` removes them"
            )
