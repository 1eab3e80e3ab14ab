"""UpToDate: asked about every step of a run."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.model import Result
from fullcycle.pipeline.attempt import Ending

from . import sealing
from .ground import Ground
from .judge import Judge, Verdict
from .keeper import Keeper
from .store import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fullcycle.pipeline.step import Step

    from .recipe import Recipe
    from .store import Store

UP_TO_DATE = "up to date"
"""How the reason of a step begins that did not have to run."""
RESTORED = f"{UP_TO_DATE}, outputs restored"


class UpToDate:
    """Which steps of a run have to run. For several threads.

    Args:
        root: the project's folder.
        environ: all variables the run's commands get.
        store: where results are kept.
        mask: hides secrets in text.
        force: every step runs; what comes of it is kept all the same.
        most: bytes that the store may hold.
    """

    def __init__(
        self,
        root: Path,
        environ: Mapping[str, str],
        store: Store,
        *,
        mask: Callable[[str], str],
        force: bool = False,
        most: int = 2 * 10**9,
    ) -> None:
        self._ground = Ground(root, environ, store, mask)
        self._judge = Judge(self._ground, force=force)
        self._keeper = Keeper(self._ground, most=most)

    @property
    def trouble(self) -> Sequence[str]:
        """What the user should know about the store."""
        return self._ground.trouble

    def around(self, step: Step, act: Callable[[], Ending], tell: Callable[[str], None]) -> Ending:
        """Run a step, unless its result is known already.

        Args:
            step: the step.
            act: runs it; never raises.
            tell: gets why it runs, or why not.
        """
        verdict = self._judge.verdict(step, restore=True)
        if not verdict.why and verdict.entry is not None:
            reason = RESTORED if verdict.restored else UP_TO_DATE
            tell(reason)
            self._ground.tokens[step.name] = verdict.entry.token
            return Ending(Result.SKIP, summary=verdict.entry.summary, reason=reason)
        tell(f"runs: {verdict.why}")
        if step.recipe is None:
            return self._unheeded(step, act)
        return self._watched(step, step.recipe, verdict, act, tell)

    def foresee(self, steps: Sequence[Step]) -> dict[str, str]:
        """What would become of steps, in an order they can run in: name → why, or up to date."""
        told: dict[str, str] = {}
        running: set[str] = set()
        for step in steps:
            above = sorted(running & (step.recipe.upstream if step.recipe else frozenset()))
            verdict = self._judge.verdict(step, restore=False)
            if above:
                verdict = Verdict(f"needs {above[0]}, which runs")
            if verdict.why:
                running.add(step.name)
            elif verdict.entry is not None:
                self._ground.tokens[step.name] = verdict.entry.token
            told[step.name] = f"runs: {verdict.why}" if verdict.why else UP_TO_DATE
        return told

    def close(self) -> None:
        """Remember what was learned, and keep the store within its bounds."""
        with self._ground.lock:
            self._ground.save()
            self._ground.hashes.save()
            self._keeper.prune()

    def seal(self, request: object, configured: object, rows: Mapping[str, str]) -> None:
        """Seal a run in which every step was up to date, so that the next one sees it at once.

        Args:
            request: what was asked for.
            configured: settings that are not in a file of the project.
            rows: name and achievement of each step.
        """
        with self._ground.lock:
            sealing.seal(self._ground, request, configured, rows)

    def _unheeded(self, step: Step, act: Callable[[], Ending]) -> Ending:
        """Run a step of which nothing is kept."""
        with self._ground.lock:
            self._ground.begin()
        try:
            return act()
        finally:
            with self._ground.lock:
                self._ground.end()
                self._ground.tokens[step.name] = None

    def _watched(
        self,
        step: Step,
        recipe: Recipe,
        verdict: Verdict,
        act: Callable[[], Ending],
        tell: Callable[[str], None],
    ) -> Ending:
        """Run a step, and keep what came of it if that is certain."""
        try:
            attempt = self._ground.memory.attempt(step.name)
        except (FullcycleError, OSError) as error:
            tell(f"its result is not kept: {error}")
            return self._unheeded(step, act)
        with closing(attempt):
            ending = self._unheeded(step, act)
            if ending.result is Result.SUCCESS:
                made = Entry(key=verdict.key, step=step.name, summary=ending.summary)
                doubt = self._keeper.keep(made, recipe, verdict, attempt)
                if doubt:
                    tell(f"its result is not kept: {doubt}")
        return ending
