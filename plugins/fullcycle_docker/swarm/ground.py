"""Ground: what the services of an environment stand on: network, scripts, secrets."""

from __future__ import annotations

import secrets as random
from dataclasses import replace
from typing import TYPE_CHECKING

from fullcycle.errors import StepError, UsageError
from fullcycle_docker.confidential import values
from fullcycle_docker.faults import translated
from fullcycle_docker.labels import Role

from .haproxy import content
from .images import image_of
from .names import named
from .scripts import FILES
from .specs import Ground
from .watch import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.model import Event, Workload
    from fullcycle.providers import Bench
    from fullcycle_docker.labels import Owner

    from .images import Image
    from .manager import Json, Manager

GOING = 60.0
"""Seconds in which the Swarm lets go of a network when its services are gone."""


def prepare(
    manager: Manager, owner: Owner, workload: Workload, *, ingress: bool, bench: Bench | None = None
) -> Ground:
    """Make sure of everything but secrets.

    Raises:
        UsageError: a network of the settings is not there, or cannot be joined.
        StepError: the image is gone.
    """
    image = image_of(manager, workload.release, bench)
    own = network(manager, owner)
    others = tuple(_foreign(manager, name) for name in workload.networks)
    return Ground(
        owner=owner,
        image=image,
        networks=(own, *others),
        scripts=scripts(manager, owner, image),
        ingress=ingress,
    )


def scripts(manager: Manager, owner: Owner, image: Image) -> dict[str, tuple[str, str]]:
    """File → id and name of the config that holds it; none for an image without a shell."""
    return {
        file: content(manager, owner, file, text, Role.REPLICA)
        for file, text in FILES.items()
        if image.shell
    }


def with_secrets(manager: Manager, ground: Ground, names: Sequence[str]) -> Ground:
    """The same with secrets of the Swarm, made of the values that this process knows.

    Raises:
        UsageError: one is not set.
    """
    made = {}
    labels = ground.owner.labels(Role.REPLICA)
    for variable, value in values(names).items():
        name = named(ground.owner, "secret", variable, random.token_hex(4))
        ident = manager.create_object("secrets", name, value.encode(), labels)
        if ident is None:
            raise StepError(f"there is a secret {name} in the Swarm already")
        made[variable] = (ident, name)
    return replace(ground, secrets=made)


def network(manager: Manager, owner: Owner) -> str:
    """The id of the environment's own network; made if there is none."""
    api = manager.engine.api
    with translated("making the network", manager.engine.address):
        known = find_network(manager, owner)
        if known:
            return str(known["Id"])
        made = api.create_network(
            named(owner, "swarm"), driver="overlay", scope="swarm",
            labels=owner.labels(Role.NETWORK),
        )  # fmt: skip
        return str(made["Id"])


def find_network(manager: Manager, owner: Owner) -> Json | None:
    """The environment's own network."""
    found = manager.engine.api.networks(filters=owner.filter(Role.NETWORK))
    return next((each for each in found if each["Scope"] == "swarm"), None)


def tidy(manager: Manager, owner: Owner) -> None:
    """Remove secrets and configs that no service needs."""
    needed = _needed(manager, owner)
    for kind in ("configs", "secrets"):
        for role in (Role.REPLICA, Role.GATEWAY):
            for each in manager.objects(kind, owner.filter(role)):
                if each["ID"] not in needed:
                    manager.remove_object(kind, each["ID"])


def remove_network(manager: Manager, owner: Owner) -> Iterator[Event]:
    """Remove the environment's network, once the last task has left it."""
    from docker.errors import APIError, NotFound

    def gone() -> bool:
        known = find_network(manager, owner)
        if known is None:
            return True
        try:
            manager.engine.api.remove_network(known["Id"])
        except (APIError, NotFound):
            return False
        return True

    yield from until(gone, "the network to be left", GOING)


def _needed(manager: Manager, owner: Owner) -> set[str]:
    found = set()
    for service in manager.services(owner.filter()):
        for name in ("Spec", "PreviousSpec"):
            container = service.get(name, {}).get("TaskTemplate", {}).get("ContainerSpec", {})
            found |= {each["SecretID"] for each in container.get("Secrets") or ()}
            found |= {each["ConfigID"] for each in container.get("Configs") or ()}
    return found


def _foreign(manager: Manager, name: str) -> str:
    with translated(f"looking for network {name}", manager.engine.address):
        found = [each for each in manager.engine.api.networks(names=[name]) if each["Name"] == name]
    if not found:
        raise UsageError(
            f"there is no network {name}", hint=f"`docker network create -d overlay {name}`"
        )
    if found[0]["Scope"] != "swarm":
        raise UsageError(
            f"network {name} is of one Engine only: services of a Swarm cannot join it",
            hint=f"`docker network create -d overlay {name}`",
        )
    return str(found[0]["Id"])
