"""How pip reaches its index from within a build: as it does on this machine."""

from __future__ import annotations

import os
from configparser import ConfigParser, Error
from pathlib import Path

from fullcycle.errors import UsageError

KEYS = ("index-url", "extra-index-url", "trusted-host")
SECTIONS = ("global", "install")
BUNDLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
"""Variables that name whom this machine trusts, as pip reads them."""


def trusted() -> Path | None:
    """The file of certificate authorities that the environment names, if it is there."""
    named = (Path(os.environ[name]) for name in BUNDLES if os.environ.get(name))
    return next((path for path in named if path.is_file()), None)


def configuration(*, trusting: bool, secrets: bool) -> str:
    """A pip.conf for a build: where packages come from on this machine.

    Folders of this machine are left out: a build doesn't see them.

    Args:
        trusting: whether the certificate authorities are beside it.
        secrets: whether it may hold a password.

    Raises:
        UsageError: it has to hold one, but may not.
    """
    found = _configured()
    values = {key: _reachable(key, found[key]) for key in KEYS if key in found}
    lines = [f"{key} = {value}" for key, value in values.items() if value]
    if not secrets and any("@" in line for line in lines):
        raise UsageError(
            "pip's index needs a password, which the classic builder would leave in a layer",
            hint="install docker-buildx, so that BuildKit builds",
        )
    lines += ["cert = /run/fullcycle/ca.pem"] if trusting else []
    return "\n".join(["[global]", *lines]) + "\n"


def _reachable(key: str, value: str) -> str:
    """What of a setting means the same within a build."""
    words = value.split()
    if key != "trusted-host":
        words = [word for word in words if word.startswith(("http://", "https://"))]
    return " ".join(words)


def _configured() -> dict[str, str]:
    """What pip's files and variables say, in pip's order."""
    found: dict[str, str] = {}
    for path in _files():
        parser = ConfigParser(interpolation=None)
        try:
            parser.read(path, encoding="utf-8")
        except (Error, UnicodeDecodeError):
            continue  # pip itself complains about such a file
        for section in filter(parser.has_section, SECTIONS):
            found |= dict(parser[section])
    variables = {key: os.environ.get(f"PIP_{key.upper().replace('-', '_')}", "") for key in KEYS}
    return found | {key: value for key, value in variables.items() if value}


def _files() -> list[Path]:
    home = Path.home()
    named = os.environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return []
    usual = [Path("/etc/pip.conf"), home / ".pip/pip.conf", home / ".config/pip/pip.conf"]
    return [*usual, *([Path(named)] if named else [])]
