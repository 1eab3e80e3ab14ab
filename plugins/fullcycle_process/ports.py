"""Free ports for replicas."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from fullcycle.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Collection

LOWEST = 15000
EPHEMERAL = 32768
"""Where Linux begins to number outgoing connections, unless it says otherwise. A replica's port is
below, or an outgoing connection could take it while the replica restarts."""


def free_port(taken: Collection[int]) -> int:
    """A port of 127.0.0.1 that nobody listens on.

    It is chosen at random, so that commands that look at the same time hardly ever find the same.

    Args:
        taken: ports that are spoken for, although nobody may listen on them right now.

    Raises:
        StepError: there is none.
    """
    candidates = [port for port in range(LOWEST, _ephemeral()) if port not in taken]
    random.SystemRandom().shuffle(candidates)
    for port in candidates:
        if _free(port):
            return port
    raise StepError(f"no port between {LOWEST} and {_ephemeral()} is free")


def _ephemeral() -> int:
    try:
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
    except OSError:
        return EPHEMERAL
    first = int(text.split()[0])
    return first if first > LOWEST + 1000 else EPHEMERAL


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
