"""The process of a gateway: it is started, asked, and waited for when it is started again."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from fullcycle.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from . import Programs
    from .control import Engine, State

T = TypeVar("T")
PROGRAM = "gateway"
"""What the process is called among the supervised ones."""
ANSWER_SECONDS = 15.0
"""How long the process may take to answer while it lives."""
RESTART_SECONDS = 5.0
"""How long there may be no process after a crash, until the supervisor has it back."""
POLL_SECONDS = 0.05


class GoneError(StepError):
    """The gateway's process has ended and doesn't come back."""


class Process:
    """The supervised process that serves a state."""

    def __init__(self, folder: Path, socket: Path, programs: Programs) -> None:
        self._folder = folder
        self._socket = socket
        self._programs = programs

    def ensure(self, state: State) -> None:
        """Start it unless it runs; returns when it serves.

        Raises:
            GoneError: it ended instead.
            StepError: it doesn't answer.
        """
        self._programs.ensure_program(PROGRAM, self.engine(state).command(), {})
        limit, first = time.monotonic() + ANSWER_SECONDS, None
        while not self.answers(state):
            pid = self._programs.program_pid(PROGRAM)
            first = first or pid
            if pid != first:
                raise self._failed(GoneError, state, "does not start")
            if time.monotonic() > limit:
                raise self._failed(StepError, state, f"doesn't answer for {ANSWER_SECONDS:g} s")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """End it."""
        self._programs.stop_program(PROGRAM)
        self._socket.unlink(missing_ok=True)

    def ask(self, state: State, call: Callable[[Engine], T]) -> T:
        """Call the engine; while its process is being started again, wait for it.

        Raises:
            GoneError: there has been no process for 5 seconds.
            StepError: the process lives but doesn't answer.
        """
        begun = seen = time.monotonic()
        while True:
            try:
                return call(self.engine(state))
            except OSError as error:
                now = time.monotonic()
                seen = now if self._programs.program_pid(PROGRAM) else seen
                if now - seen > RESTART_SECONDS:
                    raise self._failed(GoneError, state, "has ended") from error
                if now - begun > ANSWER_SECONDS:
                    raise self._failed(StepError, state, f"doesn't answer: {error}") from error
            time.sleep(POLL_SECONDS)

    def _failed(self, kind: type[StepError], state: State, what: str) -> StepError:
        return kind(
            f"the gateway ({state.engine}, port {state.port}) {what}",
            log_tail=self._programs.program_log(PROGRAM),
        )

    def answers(self, state: State) -> bool:
        """Whether it serves now."""
        with suppress(OSError):
            self.engine(state).ready()
            return True
        return False

    def engine(self, state: State) -> Engine:
        """What knows how to talk to it."""
        if state.engine == "haproxy":
            from .haproxy import HAProxy

            return HAProxy(self._folder, self._socket)
        from .python import PythonProxy

        return PythonProxy(self._folder, self._socket)
