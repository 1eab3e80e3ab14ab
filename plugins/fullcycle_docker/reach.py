"""Reach: the way from here to a port inside a network of the Engine.

On the Engine's own machine that is a connection. From elsewhere (an Engine behind ssh, Docker
Desktop, a CI job in a container) a program in a container of that network has to ask.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fullcycle.errors import OutOfReachError

from .faults import translated

if TYPE_CHECKING:
    from .engine import Engine

MISSING = 127
"""What the script ends with when an image has none of the programs."""
SCRIPT = f"""\
if command -v nc > /dev/null; then
    printf '%s' "$4" | nc -w "$3" "$1" "$2"
elif command -v bash > /dev/null; then
    exec bash -c 'exec 3<>"/dev/tcp/$1/$2" && printf %s "$4" >&3 && exec cat <&3' bash "$@"
else
    exit {MISSING}
fi
"""
"""script HOST PORT SECONDS TEXT: send a text and print what comes back."""


def near(engine: Engine, gateway: str) -> bool:
    """Whether this process can connect to containers of a network.

    Args:
        engine: where the network is.
        gateway: the Engine's own address in it: whoever can bind it is on its machine.
    """
    if not engine.local and not here(engine):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine:
        try:
            mine.bind((gateway, 0))
        except OSError:
            return False
    return True


def here(engine: Engine) -> bool:
    """Whether the Engine runs on this very machine."""
    host = urlsplit(engine.address).hostname
    nearby = engine.local or host in {"127.0.0.1", "localhost", "::1"}
    return nearby and engine.info.get("Name") == socket.gethostname()


class ToolMissingError(OutOfReachError):
    """An image has no program that could ask."""


def ask(engine: Engine, inside: str, address: tuple[str, int], text: str, seconds: float) -> bytes:
    """What a port answers to a container.

    Args:
        engine: where.
        inside: the container that asks.
        address: host and port.
        text: what is sent.
        seconds: how long it may take.

    Raises:
        OSError: nobody answers there.
        ToolMissingError: the container has neither `nc` nor `bash`.
    """
    host, port = address
    words = ["/bin/sh", "-c", SCRIPT, "sh", host, str(port), str(max(1, round(seconds))), text]
    with translated(f"asking {host}:{port} from container {inside}"):
        made = engine.api.exec_create(inside, words, stderr=False)["Id"]
        said = bytes(engine.api.exec_start(made))
    if not said:
        judge(engine, inside, made, address)
    return said


def judge(engine: Engine, inside: str, made: str, address: tuple[str, int]) -> None:
    """See how a program that said nothing has ended; raises as `ask`."""
    with translated(f"asking how a program in container {inside} ended"):
        code = engine.api.exec_inspect(made)["ExitCode"]
    if code in {MISSING, 126}:
        raise ToolMissingError(
            f"{engine.address} is not this machine, and the image of {inside} has neither nc nor"
            " bash to reach its network with",
            hint="set `proxy` to an image that has, such as haproxy:3.2-alpine",
        )
    if code:
        host, port = address
        raise ConnectionRefusedError(f"{host}:{port} does not answer")
