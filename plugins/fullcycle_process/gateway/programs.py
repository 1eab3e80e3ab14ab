"""The supervisor of an environment, as a gateway needs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fullcycle_process.logs import Logs
from fullcycle_process.supervisor import Program, base_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fullcycle_process.home import Home
    from fullcycle_process.supervisor import Supervisor

STOP_SECONDS = 10.0
"""Between SIGTERM and SIGKILL."""
SOURCES = str(Path(__file__).parent.parent.parent)


class SupervisedPrograms:
    """The Programs of a real environment."""

    def __init__(self, home: Home, supervisor: Supervisor) -> None:
        self._home = home
        self._supervisor = supervisor

    def ensure_program(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        """Start a program unless it runs."""
        environment = base_environment() | {"PYTHONPATH": SOURCES} | dict(env)
        self._supervisor.add(
            Program(name=name, argv=tuple(argv), cwd=str(self._home.root), env=environment)
        )

    def stop_program(self, name: str) -> None:
        """Stop and forget it."""
        self._supervisor.remove(name, STOP_SECONDS)

    def program_pid(self, name: str) -> int | None:
        """Its process id while it runs."""
        process = self._supervisor.process(name)
        return process.pid or None if process else None

    def program_log(self, name: str) -> str:
        """The last lines it wrote."""
        return Logs(self._home.folder("logs")).tail(name)
