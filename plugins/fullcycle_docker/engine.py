"""Engine: the Docker Engine an environment lives on, reached on first use."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, nullcontext
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from fullcycle.errors import OutOfReachError

from . import contexts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from docker import DockerClient
    from docker.api import APIClient

    from .contexts import Context
    from .options import Options

OLDEST = (1, 41)
"""Docker Engine 20.10, the oldest that Debian and the clouds still ship."""
SAFE = (20, 10, 27)
"""The oldest whose containers may leave a network at the same time."""
TIMEOUT = 60
"""Seconds an Engine may take to answer; streams are not limited."""
GREETING = 10
"""Seconds it may take to say which version it is."""
POOL = 32
"""Connections kept, so that replicas can be handled at the same time."""


class Engine:
    """Connects to the Engine that the settings, DOCKER_HOST or the Docker context name."""

    def __init__(self, host: str = "", context: str = "") -> None:
        self._host = host
        self._context = context
        self._leaving = Lock()

    @classmethod
    def of(cls, options: Options) -> Engine:
        """The Engine that an environment's settings name."""
        return cls(options.host, options.context)

    @cached_property
    def address(self) -> str:
        """Where it is: `unix:///var/run/docker.sock`, `ssh://deploy@host`.

        Raises:
            UsageError: there is no such context, or its file is damaged.
        """
        if not self._asks_context:
            return self._host or os.environ["DOCKER_HOST"]
        return self._context_found.host

    @cached_property
    def client(self) -> DockerClient:
        """The SDK's client.

        Raises:
            OutOfReachError: it cannot be reached, or is too old.
        """
        from .faults import too_old, translated

        require_sdk()
        with translated("connecting", self.address):
            made = self._connect(timeout=GREETING)
        offered = made.api.api_version
        if tuple(map(int, offered.split("."))) < OLDEST:
            raise too_old(f"the Docker Engine at {self.address}", f"API {offered}")
        made.api.timeout = TIMEOUT
        return made

    @property
    def api(self) -> APIClient:
        """The SDK's low-level client; raises as `client` does."""
        return self.client.api

    @contextmanager
    def connection(self) -> Iterator[APIClient]:
        """A client of its own, for a stream that may be cut; closed at the end."""
        from .faults import translated

        with translated("connecting", self.address):
            made = self._connect(self.api.api_version)
        try:
            yield made.api
        finally:
            made.close()

    @property
    def flags(self) -> tuple[str, ...]:
        """What makes the `docker` program talk to the same Engine."""
        if self._host:
            return ("--host", self._host)
        return ("--context", self._context) if self._context else ()

    @cached_property
    def info(self) -> dict[str, Any]:
        """What the Engine says of itself, asked once."""
        from .faults import translated

        with translated("asking what it is", self.address):
            found: dict[str, Any] = self.client.info()
        return found

    @property
    def leaving(self) -> AbstractContextManager[Any]:
        """Held while a container leaves a network.

        Before 20.10.27 an Engine may hang for ever when two do so at the same moment:
        https://github.com/moby/libnetwork/pull/2679.
        """
        found = re.match(r"(\d+)\.(\d+)\.(\d+)", str(self.info.get("ServerVersion", "")))
        version = tuple(map(int, found.groups())) if found else ()
        return self._leaving if version < SAFE else nullcontext()

    @property
    def local(self) -> bool:
        """Whether it runs on this machine, so that its loopback addresses are ours."""
        return self.address.startswith(("unix://", "npipe://"))

    @property
    def manages_swarm(self) -> bool:
        """Whether it is a manager of a Swarm."""
        return bool(self.info.get("Swarm", {}).get("ControlAvailable"))

    def _connect(self, version: str = "auto", timeout: int = TIMEOUT) -> DockerClient:
        from docker import DockerClient

        from .tunnel import tunnel

        tls = self._context_found.tls if self._asks_context else _tls()
        url = self.address
        return DockerClient(
            base_url=tunnel(url).url if url.startswith("ssh://") else url,
            tls=tls or False,
            timeout=timeout,
            version=version,
            max_pool_size=POOL,
        )

    @property
    def _asks_context(self) -> bool:
        """Whether a context says where it is: one that is set, or else the one in use."""
        return not self._host and (bool(self._context) or not os.environ.get("DOCKER_HOST"))

    @cached_property
    def _context_found(self) -> Context:
        require_sdk()
        return contexts.find(self._context)


def require_sdk() -> None:
    """See that the docker SDK is installed.

    Raises:
        OutOfReachError: it isn't.
    """
    from importlib.util import find_spec

    if find_spec("docker") is None:
        raise OutOfReachError(
            "the docker SDK for Python is not installed",
            hint='pip install "fullcycle[docker]"',
        )


def _tls() -> Any:
    """What DOCKER_CERT_PATH and DOCKER_TLS_VERIFY ask for."""
    from docker.utils import kwargs_from_env

    return kwargs_from_env().get("tls")
