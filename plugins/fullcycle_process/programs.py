"""GatewayPrograms: the supervisor, as the gateway asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .logs import Logs
from .supervisor import Program
from .supervisord import base_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .home import Home
    from .supervisor import Supervisor

_ENDED = frozenset({"STOPPED", "BACKOFF", "FATAL", "GONE"})


class GatewayPrograms:
    """Runs programs beside the replicas."""

    def __init__(self, home: Home, supervisor: Supervisor) -> None:
        self._home = home
        self._supervisor = supervisor

    def ensure_program(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        """Start a program unless it runs; start it anew when its command has changed."""
        package = str(Path(__file__).parent.parent)
        everything = {**base_environment(), "PYTHONPATH": package, **env}
        program = Program(name=name, argv=tuple(argv), cwd=str(self._home.root), env=everything)
        if self.program_pid(name) and self._supervisor.program(name).argv == program.argv:
            return
        self._supervisor.remove(name)
        self._supervisor.add(program)

    def stop_program(self, name: str) -> None:
        """Stop and forget it; returns when it has ended. Nothing happens when it is unknown."""
        self._supervisor.remove(name)

    def program_pid(self, name: str) -> int | None:
        """Its process id while it runs or is being started again."""
        process = self._supervisor.process(name)
        return None if process is None or process.state in _ENDED else process.pid or -1

    def program_log(self, name: str) -> str:
        """The last lines it wrote."""
        return Logs(self._home.root / "logs").tail(name)
