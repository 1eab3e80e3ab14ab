"""A run on a terminal: what has ended scrolls by, what runs stays in sight."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from .plain import Plain
from .screen import Screen
from .words import WIDTH, duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType
    from rich.live import Live as Display

    from fullcycle.model import Run, StepRecord
    from fullcycle.pipeline.step import Step

REFRESHES = 8
"""Per second."""
LINE_WIDTH = 500
"""Characters of a step's last line that are looked at; the terminal shows fewer."""


class Live:
    """What Plain says, and below it the running steps, each with its last line of output."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._above = _Above(screen)
        self._plain = Plain(self._above, verbose=False)
        self._lock = threading.Lock()
        self._running: dict[str, float] = {}
        self._last_line: dict[str, str] = {}

    def run_planned(self, run: Run, steps: Sequence[Step]) -> None:
        """See Reporter."""
        self._plain.run_planned(run, steps)

    def run_started(self, run: Run, steps: Sequence[Step]) -> None:
        """See Reporter."""
        self._plain.run_started(run, steps)

    def step_started(self, step: Step) -> None:
        """See Reporter."""
        with self._lock:
            self._running[step.name] = time.monotonic()
        if self._above.display is None:
            self._above.display = self._begin_display()
        if step.show:
            self._plain.step_started(step)

    def step_output(self, name: str, text: str) -> None:
        """See Reporter."""
        with self._lock:
            self._last_line[name] = text[text.rfind("\n") + 1 :][:LINE_WIDTH]
        self._plain.step_output(name, text)

    def step_finished(self, record: StepRecord, tail: str) -> None:
        """See Reporter."""
        with self._lock:
            self._running.pop(record.name, None)
        if self._above.display is not None:
            self._above.display.refresh()
        self._plain.step_finished(record, tail)

    def run_finished(self, run: Run) -> None:
        """See Reporter."""
        if self._above.display is not None:
            self._above.display.stop()
            self._above.display = None
        self._plain.run_finished(run)

    def note(self, text: str) -> None:
        """See Reporter."""
        self._plain.note(text)

    def _begin_display(self) -> Display:
        from rich.console import Console
        from rich.live import Live as Display

        console = Console(
            file=self._screen.as_file(),
            force_terminal=True,
            no_color=not self._screen.coloured,
            highlight=False,
            markup=False,
        )
        display = Display(
            console=console,
            get_renderable=self._render,
            refresh_per_second=REFRESHES,
            transient=True,
        )
        display.start()
        return display

    def _render(self) -> RenderableType:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for _ in range(3):
            table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        now = time.monotonic()
        with self._lock:
            for name, began in self._running.items():
                last = Text.from_ansi(self._last_line.get(name, ""), style="dim")
                word = Text(f"  {'running':{WIDTH}}")
                table.add_row(word, name, duration(now - began), last)
        return table


class _Above(Screen):
    """Writes above the display while there is one."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(screen.stream)
        self.display: Display | None = None

    def write(self, text: str) -> int:
        display = self.display
        if display is None:
            return super().write(text)
        from rich.text import Text

        display.console.print(Text.from_ansi(text.removesuffix("\n")), soft_wrap=True)
        return len(text)
