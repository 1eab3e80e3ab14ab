"""Host: where a registry is, and how far it is trusted: as the Engine trusts it."""

from __future__ import annotations

import os
import socket
from functools import cached_property
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from fullcycle.errors import OutOfReachError

if TYPE_CHECKING:
    from .engine import Engine

HUB = "docker.io"
HUB_API = "registry-1.docker.io"
PROBE = 5
"""Seconds to find out whether an insecure registry speaks TLS."""


class Host:
    """A registry's address."""

    def __init__(self, name: str, engine: Engine) -> None:
        self.name = name
        self._engine = engine

    @cached_property
    def url(self) -> str:
        """Its address, with the scheme it speaks."""
        name = HUB_API if self.name == HUB else self.name
        if not self.insecure or self._speaks_tls():
            return f"https://{name}"
        return f"http://{name}"

    @cached_property
    def insecure(self) -> bool:
        """Whether the Engine is told to do without TLS, as it is for loopback addresses."""
        config = self._engine.info.get("RegistryConfig") or {}
        known = (config.get("IndexConfigs") or {}).get(self.name)
        if known:
            return not known["Secure"]
        try:
            address = ip_address(socket.gethostbyname(self.name.partition(":")[0]))
        except OSError:
            return False
        ranges = config.get("InsecureRegistryCIDRs") or ()
        return any(address in ip_network(each) for each in ranges)

    @cached_property
    def verify(self) -> bool | str:
        """Whom to trust, in the words of requests."""
        if self.insecure:
            return False
        own = Path("/etc/docker/certs.d", self.name, "ca.crt")
        named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
        return str(own) if own.is_file() else named or True

    def unreachable(self, error: Exception) -> OutOfReachError:
        """The error of a registry that doesn't answer."""
        return OutOfReachError(
            f"the registry {self.name} cannot be reached: {_innermost(error)}",
            hint="see `registry` of the environment, and whether the network lets us there",
        )

    def _speaks_tls(self) -> bool:
        import urllib3

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # it is meant
        try:
            requests.head(f"https://{self.name}/v2/", timeout=PROBE, verify=False)  # noqa: S501 (it is insecure by the Engine's settings)
        except requests.RequestException:
            return False
        return True


def _innermost(error: BaseException) -> str:
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__
