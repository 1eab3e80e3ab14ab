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


_LISTEN = "0A"
"""TCP_LISTEN of the kernel's include/net/tcp_states.h."""


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


def listening(port: int) -> bool:
    """Whether somebody listens on a port, without connecting to it.

    Most servers write a connection that asks for nothing into their log, as an error.
    """
    wanted = f":{port:04X}"
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        for line in lines[1:]:
            _, local, _, state, *_ = line.split(maxsplit=4)
            if state == _LISTEN and local.endswith(wanted):
                return True
    return not Path("/proc/net/tcp").exists()


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
