"""The quick way: a run of which the seal still holds is over before anything is loaded."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fullcycle.loop import Written
    from fullcycle.model import Run
    from fullcycle.uptodate.check import UpToDate

    from .call import Flags

WIDTH = 10
"""Of the words for results, as reports have them."""


class Sealing:
    """One request of a chain: whether it is known that all of it is up to date.

    Args:
        chain: what was asked for.
        links: what it consists of.
        flags: the common flags.
        configured: settings of Invoke's configuration.
    """

    def __init__(
        self, chain: str, links: Sequence[Written], flags: Flags, configured: Mapping[str, Any]
    ) -> None:
        from fullcycle.loop import added

        self._chain = chain
        self._configured = configured
        asked = [flags.env, flags.only, flags.skip]
        self._request = [chain, list(links), asked, added(), sys.executable]
        self._odd = any(
            (flags.force, flags.explain, flags.resume, flags.json, flags.verbose, flags.watch)
        )

    def holds(self) -> bool:
        """Whether everything is up to date; then it was said already."""
        if self._odd or os.environ.get("CI"):
            return False
        from fullcycle.settings.root import find_root
        from fullcycle.uptodate.seal import holds

        rows = holds(find_root(Path.cwd()), self._request, self._configured, os.environ)
        if rows is None:
            return False
        _say(self._chain, rows)
        return True

    def close(self, run: Run, uptodate: UpToDate) -> None:
        """Seal a run in which every step was up to date."""
        from fullcycle.report.words import is_fresh

        if run.steps and all(is_fresh(step) for step in run.steps):
            rows = {step.name: step.summary for step in run.steps}
            uptodate.seal(self._request, self._configured, rows)


def _say(chain: str, rows: Sequence[Sequence[str]]) -> None:
    from fullcycle.report.screen import Screen

    screen = Screen(sys.stdout)
    for name, summary in rows:
        word = screen.paint(f"{'up to date':{WIDTH}}", "green")
        screen.line(f"  {word}  {name}  {summary}".rstrip())
    screen.line(f"{chain} ok: all {len(rows)} steps are up to date", "green")
