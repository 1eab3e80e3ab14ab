"""Credentials for a registry: from Docker's own configuration and its credential helpers."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from fullcycle.errors import OutOfReachError

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from .registry_host import Host

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
TIMEOUT = 30
"""Seconds a token server may take to answer."""


Login = tuple[str, str]
"""User and password."""


class Credentials:
    """What a registry wants to see with every request."""

    def __init__(self, host: Host, scope: str, login: Callable[[], Login] | None = None) -> None:
        """Begin, knowing nothing yet.

        Args:
            host: the registry.
            scope: what a token shall be for.
            login: gives user and password; Docker's own configuration does, without.
        """
        self._host = host
        self._scope = scope
        self._login = login
        self._headers: dict[str, dict[str, str]] = {}

    def header(self, action: str) -> dict[str, str]:
        """What is known to open the door for an action; nothing before the first challenge."""
        return self._headers.get(action, {})

    def challenged(self, answer: requests.Response, action: str, session: requests.Session) -> None:
        """Find out what the registry wants to see.

        Raises:
            OutOfReachError: the credentials cannot be read, or the token server refuses them.
        """
        kind, _, rest = answer.headers.get("WWW-Authenticate", "").partition(" ")
        if kind.lower() == "bearer":
            wanted = dict(_PARAMETER.findall(rest))
            value = f"Bearer {self._token(wanted, action, session)}"
        elif (known := self._known()).get("username"):
            value = _basic(known)
        else:
            return
        self._headers[action] = {"Authorization": value}

    def _token(self, wanted: dict[str, str], action: str, session: requests.Session) -> str:
        known = self._known()
        if known.get("registrytoken"):
            return str(known["registrytoken"])
        service = {"service": wanted["service"]} if "service" in wanted else {}
        asked = {**service, "scope": f"{self._scope}:{action}"}
        realm, verify = wanted["realm"], self._host.verify
        if refresh := known.get("identitytoken"):
            form = asked | {
                "grant_type": "refresh_token",
                "refresh_token": refresh,
                "client_id": "fullcycle",
            }
            answer = session.post(realm, data=form, timeout=TIMEOUT, verify=verify)
        else:
            shown = {"Authorization": _basic(known)} if known.get("username") else {}
            answer = session.get(realm, params=asked, headers=shown, timeout=TIMEOUT, verify=verify)
        if not answer.ok:
            raise OutOfReachError(
                f"{realm} gives no token for {self._host.name}: {answer.status_code}"
                f" {answer.reason}",
                hint=f"`docker login {self._host.name}`",
            )
        found = answer.json()
        return str(found.get("token") or found["access_token"])

    def _known(self) -> dict[str, Any]:
        if self._login:
            return dict(zip(("username", "password"), self._login(), strict=True))
        from docker import auth
        from docker.errors import DockerException

        try:
            found = auth.load_config().resolve_authconfig(self._host.name) or {}
        except DockerException as error:
            raise OutOfReachError(
                f"the credentials for {self._host.name} cannot be read: {error}",
                hint="see `credHelpers` and `credsStore` in Docker's config.json",
            ) from error
        return {str(name).lower(): value for name, value in found.items() if value}


def _basic(known: dict[str, Any]) -> str:
    pair = f"{known['username']}:{known.get('password', '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
