"""Secrets: how a container gets them without anybody else seeing them.

Environment variables of a container are shown to whoever may inspect it. So values go into a file
in the container's own layer, and a line of shell makes environment variables of it and becomes
the program. Images without a shell get them as the Engine's environment variables.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE = "/.fullcycle/secrets"
SHELL = "/bin/sh"
WRAPPER = (SHELL, "-c", f'set -a; . {FILE}; set +a; exec "$@"', "sh")
"""What a program with secrets is started by: its words follow."""

EXEC = f'[ ! -r {FILE} ] || {{ set -a; . {FILE}; set +a; }}; exec {SHELL} -c "$1"'


def values(names: Sequence[str]) -> dict[str, str]:
    """The values of secrets, from the environment of this process.

    Raises:
        UsageError: one is not set.
    """
    missing = [name for name in names if name not in os.environ]
    if missing:
        several = len(missing) > 1
        raise UsageError(
            f"the secret{'s' if several else ''} {', '.join(missing)}"
            f" {'are' if several else 'is'} not set",
            hint="set the environment variable where you deploy from",
        )
    return {name: os.environ[name] for name in names}


def script(secrets: Mapping[str, str]) -> str:
    """The content of the file."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in secrets.items())


def shell(command: str) -> list[str]:
    """What runs a command in a container that may have secrets."""
    return [SHELL, "-c", EXEC, "sh", command]
