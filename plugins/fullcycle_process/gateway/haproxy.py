"""The engine `haproxy`: HAProxy as a process of this machine."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.haproxy import COMMAND, Channel, Configuration, Runtime
from fullcycle.haproxy.configuration import FILE
from fullcycle_process.home import write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .control import State


class HAProxy(Runtime):
    """Drives the HAProxy process that serves `folder`'s configuration."""

    def __init__(self, folder: Path, socket: Path) -> None:
        super().__init__(Channel(socket))
        self._folder = folder
        self._socket = socket

    def prepare(self, state: State) -> None:
        """Write the configuration and the files it reads."""
        configuration = Configuration(
            bind=f"127.0.0.1:{state.port}",
            stats=f'"unix@{self._shortest_socket()}" mode 600 level admin',
            health=state.health,
            routes=tuple(state.routes.values()),
            page=state.page,
        )
        for name, content in configuration.files().items():
            write(self._folder / name, content)

    def verify(self) -> None:
        """Let HAProxy itself read the configuration."""
        done = subprocess.run(
            [*self.command(), "-c"], capture_output=True, text=True, timeout=30, check=False
        )
        if done.returncode != 0:
            alerts = [line for line in done.stderr.splitlines() if "[ALERT]" in line]
            reason = alerts[0].partition(" : ")[2] if alerts else f"exit code {done.returncode}"
            raise StepError(
                f"haproxy refuses {self._folder / FILE}: {reason}",
                hint='HAProxy 2.6 or newer is needed; gateway = "python" does without',
                log_tail=done.stderr or done.stdout,
            )

    def command(self) -> Sequence[str]:
        """Reads everything from the folder."""
        return [*COMMAND, "-C", str(self._folder)]

    def _shortest_socket(self) -> str:
        """HAProxy binds to a longer name first, which would exceed what a socket's may have."""
        socket = self._socket.parent.resolve() / self._socket.name
        return min(str(socket), os.path.relpath(socket, self._folder.resolve()), key=len)
