"""What an environment of a Swarm remembers: its history and its lock, as configs of the Swarm.

The managers keep configs in their replicated store, so every one of them sees the same. A
config's content never changes, but its labels do, and only by whoever knows their last version:
records are labels.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.model import Deployment
from fullcycle.pipeline.codec import dump, parse
from fullcycle.pipeline.hold import Hold, lost, refusal
from fullcycle_docker.labels import DEPLOYMENT, Role

from .names import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.providers import Holder
    from fullcycle_docker.labels import Owner

    from .manager import Json, Manager

RECORD = "fullcycle.record"
KEEP = 200
"""Deployments kept, the newest."""
TRIES = 50
"""How often a change is begun anew when somebody else was faster."""


class SwarmHistory:
    """The deployments of one environment, a config each."""

    def __init__(self, manager: Manager, owner: Owner) -> None:
        self._manager = manager
        self._owner = owner

    def record(self, deployment: Deployment) -> None:
        """See History.record."""
        name = named(self._owner, "deployment", deployment.id)
        labels = self._owner.labels(Role.STATE, deployment=deployment.id)
        labels[RECORD] = dump(deployment)
        for _ in range(TRIES):
            if self._manager.create_object("configs", name, b"-", labels):
                self._prune()
                return
            known = self._manager.config(name)
            if known and self._manager.relabel(known, labels):
                return
        raise StepError(f"deployment {deployment.id} cannot be recorded: others keep changing it")

    def _prune(self) -> None:
        for old in self._records()[KEEP:]:
            self._manager.remove_object("configs", old["ID"])

    def _records(self) -> Sequence[Json]:
        found = self._manager.objects("configs", self._owner.filter(Role.STATE))
        records = [each for each in found if RECORD in each["Spec"]["Labels"]]
        return sorted(records, key=lambda each: each["Spec"]["Labels"][DEPLOYMENT], reverse=True)

    def list(self, limit: int = 50) -> Sequence[Deployment]:
        """See History.list."""
        found = self._records()[:limit]
        return [
            parse(Deployment, each["Spec"]["Labels"][RECORD], each["Spec"]["Name"])
            for each in found
        ]


class SwarmLock:
    """The lock of one environment: a config that, once made, stays, free or held."""

    def __init__(self, manager: Manager, owner: Owner) -> None:
        self._manager = manager
        self._owner = owner
        self._name = named(owner, "lock")

    def acquire(self, owner: str, ttl: float) -> None:
        """See Lock.acquire."""
        for _ in range(TRIES):
            config, hold = self._read()
            if hold and hold.owner != owner and hold.valid:
                raise refusal(self._owner.environment, hold)
            if self._write(config, Hold.by_this_process(owner, ttl)):
                return
        raise refusal(self._owner.environment, None)

    def heartbeat(self, owner: str, ttl: float) -> None:
        """See Lock.heartbeat."""
        for _ in range(TRIES):
            config, hold = self._read()
            if hold is None or hold.owner != owner:
                raise lost(self._owner.environment, hold)
            if self._write(config, hold.until(time.time() + ttl)):
                return
        raise refusal(self._owner.environment, None)

    def release(self, owner: str) -> None:
        """See Lock.release."""
        for _ in range(TRIES):
            config, hold = self._read()
            if hold is None or hold.owner != owner or self._write(config, None):
                return

    def holder(self) -> Holder | None:
        """See Lock.holder."""
        _, hold = self._read()
        return hold.holder if hold and hold.valid else None

    def break_(self) -> Holder | None:
        """See Lock.break_."""
        for _ in range(TRIES):
            config, hold = self._read()
            if hold is None or self._write(config, None):
                return hold.holder if hold else None
        raise refusal(self._owner.environment, None)

    def _read(self) -> tuple[Json | None, Hold | None]:
        config = self._manager.config(self._name)
        labels = config["Spec"]["Labels"] if config else {}
        return config, Hold.of(labels[RECORD]) if RECORD in labels else None

    def _write(self, config: Json | None, hold: Hold | None) -> bool:
        """Whether nobody else has changed it since it was read."""
        labels = self._owner.labels(Role.LOCK)
        labels |= {RECORD: json.dumps(hold.facts)} if hold else {}
        if config is None:
            return bool(self._manager.create_object("configs", self._name, b"-", labels))
        return self._manager.relabel(config, labels)
