"""DockerLock: one deployment at a time to an environment of an Engine.

The lock is a container that is never started: the Engine gives a name only once, whoever asks.
Its labels say who holds it, a file in it until when. It is taken away by its id only, so nobody
takes away what somebody else has just got.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.pipeline.hold import Hold, lost, refusal

from .archive import packed, unpacked
from .faults import translated
from .labels import Role
from .state import empty_image

if TYPE_CHECKING:
    from fullcycle.providers import Holder

    from .engine import Engine
    from .labels import Owner

CONFLICT = 409
FILE = "expires"
TRIES = 20
"""How often the lock may vanish or change hands while it is being taken."""


class DockerLock:
    """The lock of one environment."""

    def __init__(self, engine: Engine, owner: Owner) -> None:
        self._engine = engine
        self._owner = owner
        self._name = owner.name("lock")

    def acquire(self, owner: str, ttl: float) -> None:
        """See Lock.acquire."""
        with translated("taking the lock"):
            for _ in range(TRIES):
                if self._create(owner, ttl):
                    return
                ident, hold = self._read()
                if hold is None:
                    continue
                if hold.owner == owner and self._extend(ident, ttl):
                    return
                if hold.valid:
                    raise refusal(self._owner.environment, hold)
                self._remove(ident)
        raise refusal(self._owner.environment, None)

    def heartbeat(self, owner: str, ttl: float) -> None:
        """See Lock.heartbeat."""
        with translated("keeping the lock"):
            ident, hold = self._read()
            if hold is None or hold.owner != owner or not self._extend(ident, ttl):
                raise lost(self._owner.environment, hold)

    def release(self, owner: str) -> None:
        """See Lock.release."""
        with translated("giving the lock back"):
            ident, hold = self._read()
            if hold and hold.owner == owner:
                self._remove(ident)

    def holder(self) -> Holder | None:
        """See Lock.holder."""
        with translated("looking at the lock"):
            _, hold = self._read()
        return hold.holder if hold and hold.valid else None

    def break_(self) -> Holder | None:
        """See Lock.break_."""
        with translated("breaking the lock"):
            ident, hold = self._read()
            if hold:
                self._remove(ident)
        return hold.holder if hold else None

    def _create(self, owner: str, ttl: float) -> bool:
        """Whether it is ours now; False when somebody has it."""
        from docker.errors import APIError

        api = self._engine.api
        hold = json.dumps(Hold.by_this_process(owner, ttl).facts)
        try:
            api.create_container(
                empty_image(self._engine),
                ["-"],
                name=self._name,
                labels=self._owner.labels(Role.LOCK, hold=hold),
                host_config=api.create_host_config(network_mode="none"),
            )
        except APIError as error:
            if error.status_code != CONFLICT:
                raise
            return False
        return True

    def _read(self) -> tuple[str, Hold | None]:
        """The container's id and what it says; nothing when the lock is free."""
        from docker.errors import NotFound

        try:
            found = self._engine.api.inspect_container(self._name)
        except NotFound:
            return "", None
        if not self._owner.owns(found["Config"]["Labels"]):
            raise UsageError(
                f"the name of the lock is taken by a container of somebody else: {self._name}",
                hint="rename or remove it, or rename the environment",
            )
        hold = Hold.of(found["Config"]["Labels"].get("fullcycle.hold", ""))
        return found["Id"], hold.until(self._expires(found["Id"]))

    def _expires(self, ident: str) -> float:
        """What the last heartbeat wrote; 0 before the first."""
        from docker.errors import NotFound

        with suppress(NotFound, ValueError, KeyError):
            chunks, _ = self._engine.api.get_archive(ident, f"/{FILE}")
            return float(unpacked(chunks)[FILE])
        return 0.0

    def _extend(self, ident: str, ttl: float) -> bool:
        """Whether it was there to be extended."""
        from docker.errors import NotFound

        try:
            self._engine.api.put_archive(ident, "/", packed({FILE: f"{time.time() + ttl}"}))
        except NotFound:
            return False
        return True

    def _remove(self, ident: str) -> None:
        from docker.errors import APIError, NotFound

        with suppress(NotFound):
            try:
                self._engine.api.remove_container(ident, force=True)
            except APIError as error:
                if error.status_code != CONFLICT:  # it is being removed already
                    raise
