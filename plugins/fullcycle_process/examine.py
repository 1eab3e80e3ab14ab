"""What the provider misses on a machine."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.providers import Ailment

from .pip import pip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .home import Home


def examine(home: Home, gateway: str) -> Sequence[Ailment]:
    """What is missing, and how to get it; changes nothing."""
    return [*_platform(), *_python(), *_home(home), *_gateway(gateway)]


def _platform() -> Iterator[Ailment]:
    if os.name != "posix":
        yield Ailment(
            problem="the process provider needs a Unix: it works with process groups and signals",
            remedy="use WSL, or another provider",
        )


def _python() -> Iterator[Ailment]:
    if find_spec("venv") is None:
        yield Ailment(
            problem=f"{sys.executable} has no module venv, in which Python releases are installed",
            remedy="install your distribution's python3-venv",
        )
    try:
        pip()
    except FullcycleError as error:
        yield Ailment(problem=error.message, remedy=error.hint)


def _home(home: Home) -> Iterator[Ailment]:
    folder = next(path for path in (home.root, *home.root.parents) if path.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Ailment(
            problem=f"{home.root} cannot be written",
            remedy="set FULLCYCLE_HOME to a folder of yours",
        )


def _gateway(gateway: str) -> Iterator[Ailment]:
    if gateway != "python" and not shutil.which("haproxy"):
        yield Ailment(
            problem="haproxy is not installed; a gateway in Python stands in for it",
            remedy="install your distribution's haproxy: it takes many times the requests",
            fatal=gateway == "haproxy",
        )
