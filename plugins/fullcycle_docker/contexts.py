"""Contexts: which Engine a Docker context names, read from the `docker` program's own files.

The SDK's reader looks in the current folder when there is no config.json, and takes a context
that doesn't exist for the local Engine.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fullcycle.errors import UsageError

DEFAULT = "default"
"""The context that is always there: the Engine of this machine."""
SOCKET = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class Context:
    """Where an Engine is."""

    host: str
    tls: Any = None
    """The SDK's TLSConfig; None where the connection needs none."""


def find(name: str = "") -> Context:
    """The context of a name, else the one that DOCKER_CONTEXT names, else the one in use.

    Raises:
        UsageError: there is none of that name, or its file is damaged.
    """
    name = name or os.environ.get("DOCKER_CONTEXT", "") or _in_use()
    if name == DEFAULT:
        return Context(SOCKET)
    file = _meta(name)
    if not file.is_file():
        raise UsageError(
            f"there is no Docker context {name!r}", hint=f"there are: {', '.join(_known())}"
        )
    try:
        endpoint = json.loads(file.read_text())["Endpoints"]["docker"]
        return Context(endpoint.get("Host") or SOCKET, _tls(name, endpoint))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UsageError(
            f"the Docker context {name!r} is damaged: {error}", hint=f"see {file}"
        ) from error


def _folder() -> Path:
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def _in_use() -> str:
    try:
        found = json.loads((_folder() / "config.json").read_text())
        return str(found.get("currentContext") or DEFAULT)
    except (OSError, ValueError, AttributeError):
        return DEFAULT


def _meta(name: str) -> Path:
    return _folder() / "contexts" / "meta" / _id(name) / "meta.json"


def _id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _known() -> list[str]:
    names = {DEFAULT}
    for file in _folder().glob("contexts/meta/*/meta.json"):
        try:
            names.add(str(json.loads(file.read_text())["Name"]))
        except (OSError, ValueError, LookupError, TypeError):
            continue
    return sorted(names)


def _tls(name: str, endpoint: dict[str, Any]) -> Any:
    """What its `ca.pem`, `cert.pem` and `key.pem` ask for."""
    from docker.tls import TLSConfig

    place = _folder() / "contexts" / "tls" / _id(name) / "docker"
    found = {file.stem: str(file) for file in place.glob("*.pem")}
    if not found:
        return None
    client = (found["cert"], found["key"]) if {"cert", "key"} <= found.keys() else None
    verify = not endpoint.get("SkipTLSVerify")
    return TLSConfig(client_cert=client, ca_cert=found.get("ca"), verify=verify)
