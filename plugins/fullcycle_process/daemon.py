"""The supervisor daemon: supervisord, and the three things it lacks for our purpose.

It keeps the values of secrets in its memory only, it remembers how each process ended (also when
one ended too quickly), and it notes how far each log had come at what time.

Run as `python -m fullcycle_process.daemon -c supervisord.conf`.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
from pathlib import Path
from typing import Any

from supervisor.medusa import asyncore_25
from supervisor.options import ServerOptions, decode_wait_status
from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
from supervisor.states import RUNNING_STATES
from supervisor.supervisord import Supervisor

from fullcycle_process.logs import Clock


class Alarm:
    """Wakes the main loop: on any signal, and when told to.

    Since PEP 475 a signal doesn't interrupt supervisord's poll any more, so that it would find
    a dead child up to a second late.
    """

    def __init__(self) -> None:
        self.handle, self._ring = os.pipe()
        os.set_blocking(self.handle, False)
        os.set_blocking(self._ring, False)
        signal.set_wakeup_fd(self._ring, warn_on_full_buffer=False)

    def ring(self) -> None:
        """Have the loop run once more at once."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._ring, b"!")

    def readable(self) -> bool:
        """Always: part of supervisord's dispatcher protocol."""
        return True

    def writable(self) -> bool:
        """Never."""
        return False

    def handle_read_event(self) -> None:
        """Hush."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.handle, 4096)

    def handle_error(self) -> None:
        """There is nothing to clean up."""


class Options(ServerOptions):  # type: ignore[misc] # supervisor is untyped
    """supervisord's options, through which it also reaps its children."""

    def __init__(self) -> None:
        super().__init__()
        self.exits: dict[str, str] = {}
        self.alarm: Alarm | None = None

    def waitpid(self) -> tuple[int | None, int | None]:
        """Reap one child, remember how it ended, and have the loop restart it at once."""
        pid, status = super().waitpid()
        process = self.pidhistory.get(pid)
        if process is not None:
            self.exits[process.config.name] = decode_wait_status(status)[1]
        if pid and self.alarm:
            self.alarm.ring()
        return pid, status


class Daemon(Supervisor):  # type: ignore[misc] # supervisor is untyped
    """supervisord, with an alarm, and a clock for the logs."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.clock = Clock(Path("logs"))

    def runforever(self) -> None:
        """The main loop; begins after the process has become a daemon."""
        self.options.alarm = Alarm()
        super().runforever()

    def get_process_map(self) -> dict[int, Any]:
        """All that the loop listens to."""
        alarm = self.options.alarm
        return {**super().get_process_map(), alarm.handle: alarm}

    def tick(self, now: float | None = None) -> None:
        """Called once a second, and after whatever happened."""
        super().tick(now)
        self.clock.mark()


class Interface:
    """The XML-RPC calls `fullcycle.*`, beside supervisord's own."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._native = SupervisorNamespaceRPCInterface(daemon)

    def start(self, name: str, secrets: str) -> bool:
        """Read the program's configuration and start it, unless it runs.

        Args:
            name: of the program.
            secrets: environment variables, as JSON in base64 (XML holds no control characters).
        """
        if name not in self._daemon.process_groups:
            self._native.reloadConfig()
            self._native.addProcessGroup(name)
        process = self._process(name)
        process.config.environment.update(json.loads(base64.b64decode(secrets)))
        if not process.pid:
            self._native.startProcess(name, wait=False)
        return True

    def stop(self, name: str, grace: float) -> bool:
        """Send SIGTERM, and SIGKILL after `grace` seconds; returns at once."""
        process = self._process(name)
        process.config.stopwaitsecs = grace
        process.config.autorestart = False
        if process.pid:
            # A child that has only just been forked may not lead its group yet, and would miss
            # the signal.
            with contextlib.suppress(OSError):
                os.setpgid(process.pid, process.pid)
        if process.get_state() in RUNNING_STATES:
            self._native.stopProcess(name, wait=False)
        return True

    def exits(self) -> dict[str, str]:
        """How the processes that have ended did so: `exit status 3`, `terminated by SIGKILL`."""
        return dict(self._daemon.options.exits)

    def _process(self, name: str) -> Any:
        return self._daemon.process_groups[name].processes[name]


def interface(daemon: Daemon) -> Interface:
    """What `[rpcinterface:fullcycle]` names."""
    return Interface(daemon)


def main() -> None:
    """Run until told to shut down."""
    options = Options()
    options.realize(doc=__doc__)
    options.first = True
    options.test = False
    with contextlib.suppress(asyncore_25.ExitNow):
        Daemon(options).main()


if __name__ == "__main__":
    main()
