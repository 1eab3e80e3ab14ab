"""Platform: everything an environment can do, made out of what its provider offers."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Literal, overload

from .errors import FullcycleError, LockedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .providers import (
        Builder,
        Capabilities,
        History,
        Infrastructure,
        Lock,
        Maintenance,
        Provider,
        Registry,
        Runtime,
        Scaler,
        Target,
        Telemetry,
        Tryout,
    )


class Platform:
    """A provider, seen from one environment. Cheap to make; reached on first use."""

    def __init__(self, provider: Provider, target: Target) -> None:
        self._provider = provider
        self._target = target

    @cached_property
    def capabilities(self) -> Capabilities:
        """What the provider itself offers."""
        return self._provider.capabilities()

    @cached_property
    def runtime(self) -> Runtime:
        """The provider's own, or one made of its primitives.

        Raises:
            UsageError: it has neither.
        """
        offered = self.capabilities
        if offered.runtime:
            return offered.runtime
        if not (offered.replicas and offered.router and offered.history):
            raise UsageError(
                f"provider {self._provider.name!r} cannot run applications:"
                " it offers neither Runtime nor Replicas+Router+History",
                hint=f"choose another provider for environment {self._target.environment!r}",
            )
        from .rollout import RolloutRuntime

        return RolloutRuntime(self._target, offered.replicas, offered.router, offered.history)

    @overload
    def require(self, name: Literal["builder"]) -> Builder: ...
    @overload
    def require(self, name: Literal["tryout"]) -> Tryout: ...
    @overload
    def require(self, name: Literal["registry"]) -> Registry: ...
    @overload
    def require(self, name: Literal["history"]) -> History: ...
    @overload
    def require(self, name: Literal["lock"]) -> Lock: ...
    @overload
    def require(self, name: Literal["telemetry"]) -> Telemetry: ...
    @overload
    def require(self, name: Literal["maintenance"]) -> Maintenance: ...
    @overload
    def require(self, name: Literal["scaler"]) -> Scaler: ...
    @overload
    def require(self, name: Literal["infrastructure"]) -> Infrastructure: ...
    def require(self, name: str) -> object:
        """A capability, by its name in Capabilities; `runtime` is a property of its own.

        Raises:
            UsageError: the provider does not have it.
        """
        capability: object = getattr(self.capabilities, name)
        if capability is None:
            raise UsageError(
                f"provider {self._provider.name!r} offers no {name}",
                hint=f"choose another provider for environment {self._target.environment!r}",
            )
        return capability

    @contextmanager
    def locked(self, owner: str, ttl: float = 60.0) -> Iterator[Hold]:
        """Hold the environment's lock for as long as the block takes.

        Args:
            owner: user@host and what for; the process id is added, so that two commands of
                the same person keep each other out.
            ttl: seconds after which the lock is free if this process dies; a third of it is
                the time between two heartbeats.

        Raises:
            LockedError: somebody else holds it.
        """
        lock = self.require("lock")
        owner = f"{owner}, process {os.getpid()}"
        lock.acquire(owner, ttl)
        hold = Hold(lock, owner, ttl)
        try:
            with hold.beating():
                yield hold
        finally:
            lock.release(owner)


class Hold:
    """A lock that is held, and kept by a heartbeat in the background."""

    def __init__(self, lock: Lock, owner: str, ttl: float) -> None:
        self._lock = lock
        self._owner = owner
        self._ttl = ttl
        self._until = time.monotonic() + ttl
        self._lost: Exception | None = None
        self._over = threading.Event()

    def check(self) -> None:
        """Call it between the steps of what the lock protects.

        Raises:
            LockedError: the lock was lost, or could not be renewed in time; stop at once.
        """
        if self._lost and (isinstance(self._lost, LockedError) or time.monotonic() > self._until):
            raise LockedError(
                f"the lock of {self._owner} was lost: {self._lost}",
                hint="somebody may be deploying already; see the status, then deploy again",
            ) from self._lost

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Renew the lock every third of its time until the block ends."""
        heart = threading.Thread(target=self._beat, name="lock heartbeat", daemon=True)
        heart.start()
        try:
            yield
        finally:
            self._over.set()
            heart.join(self._ttl)

    def _beat(self) -> None:
        while not self._over.wait(self._ttl / 3):
            asked = time.monotonic()
            try:
                self._lock.heartbeat(self._owner, self._ttl)
            except LockedError as lost:
                self._lost = lost
                return
            except (FullcycleError, OSError) as unreachable:
                self._lost = unreachable
            else:
                self._lost = None
                self._until = asked + self._ttl
