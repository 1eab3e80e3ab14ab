"""Accessories: what runs beside an application, and no deployment touches."""

from __future__ import annotations

import hashlib
import json
import shlex
import time
from typing import TYPE_CHECKING, Any

from fullcycle.errors import StepError
from fullcycle.model import HealthCheck, HealthKind

from . import confidential, container, images
from .container import Container
from .labels import Role
from .probe import probe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fullcycle.providers import Bench

    from .engine import Engine
    from .labels import Owner
    from .network import Network
    from .options import Accessory

SETTINGS = "fullcycle.settings"
"""The label with the digest of the settings that an accessory was started with."""
READY_SECONDS = 60.0
"""What an accessory may take to become healthy after it has been started."""
GRACE_SECONDS = 30
"""What it may take to end."""


class Accessories:
    """The accessories of one environment."""

    def __init__(
        self, engine: Engine, owner: Owner, network: Network, wanted: Mapping[str, Accessory]
    ) -> None:
        self._engine = engine
        self._owner = owner
        self._network = network
        self._wanted = wanted

    def ensure(self, bench: Bench | None = None) -> list[str]:
        """Start those that don't run, and wait until they are healthy; returns their names.

        Those that run are left alone, also when the settings say otherwise by now.

        Raises:
            UsageError: a secret is not set.
            StepError: one doesn't become healthy.
        """
        return [name for name in self._wanted if self._ensure(name, bench)]

    def differing(self) -> list[str]:
        """Those that run with other settings than those written now."""
        return [
            name
            for name, wanted in self._wanted.items()
            if (found := self._find(name))
            and found["Config"]["Labels"].get(SETTINGS) != digest(wanted)
        ]

    def missing(self) -> list[str]:
        """Those that don't run."""
        return [name for name in self._wanted if not _runs(self._find(name))]

    def replace(self, name: str, bench: Bench | None = None) -> None:
        """Start one anew with the settings written now; its volumes stay. Raises as `ensure`."""
        self.stop(name)
        self._ensure(name, bench)

    def stop(self, name: str) -> None:
        """Stop one in peace and remove it; its volumes stay."""
        found = self._find(name)
        if found is None:
            return
        self._engine.api.stop(found["Id"], timeout=GRACE_SECONDS)
        container.remove(self._engine, found["Id"])

    def _ensure(self, name: str, bench: Bench | None) -> bool:
        found = self._find(name)
        if _runs(found):
            return False
        if bench:
            bench.log(f"starting {name}")
        ident = found["Id"] if found else self._create(name, bench)
        container.start(self._engine, ident, self._owner.name(name))
        self._await_healthy(name, ident, bench)
        return True

    def _create(self, name: str, bench: Bench | None) -> str:
        from fullcycle.settings.forms import size

        wanted = self._wanted[name]
        if images.inspect(self._engine, wanted.image) is None:
            images.pull(self._engine, wanted.image, bench)
        made = Container(
            name=self._owner.name(name),
            image=wanted.image,
            labels={
                **self._owner.labels(Role.ACCESSORY, accessory=name),
                SETTINGS: digest(wanted),
            },
            arguments=tuple(shlex.split(wanted.command)),
            env=wanted.env,
            secrets=confidential.values(wanted.secrets),
            volumes=wanted.volumes,
            cpus=wanted.cpus,
            memory=size(wanted.memory) if wanted.memory else None,
            network=self._network.name,
            aliases=(name,),
            ports={port: ("127.0.0.1", port) for port in wanted.ports},
        )
        return container.create(self._engine, self._owner, made)

    def _await_healthy(self, name: str, ident: str, bench: Bench | None) -> None:
        health = _health(self._wanted[name])
        deadline = time.monotonic() + READY_SECONDS
        while not (seen := probe(self._engine, ident, health, 0)).healthy:
            if bench:
                bench.checkpoint()
            if seen.final or time.monotonic() > deadline:
                within = "" if seen.final else f" within {READY_SECONDS:g} s"
                raise StepError(
                    f"accessory {name} did not become healthy{within}: {seen.detail}",
                    hint="see what it wrote, below",
                    log_tail=seen.log_tail,
                )
            time.sleep(health.interval)

    def _find(self, name: str) -> dict[str, Any] | None:
        found = container.inspect(self._engine, self._owner.name(name))
        return found if found and self._owner.owns(found["Config"]["Labels"]) else None


def _runs(found: dict[str, Any] | None) -> bool:
    return bool(found and found["State"]["Running"])


def _health(wanted: Accessory) -> HealthCheck:
    kind = HealthKind.COMMAND if wanted.health else HealthKind.NONE
    return HealthCheck(kind=kind, command=wanted.health, interval=0.5)


def digest(wanted: Accessory) -> str:
    """A digest of the settings of an accessory; the values of its secrets do not count."""
    text = json.dumps(wanted.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
