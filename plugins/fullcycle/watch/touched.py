"""Which steps a change touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.uptodate.patterns import Patterns

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fullcycle.model import Run
    from fullcycle.pipeline.step import Step

SETTINGS = frozenset({"fullcycle.toml", "pyproject.toml"})
"""Files that may change any step."""


def touched(steps: Sequence[Step], changed: Collection[str]) -> frozenset[str]:
    """Names of the steps to run after a change.

    Those whose `inputs` match it, and those that name none. What steps make themselves is no
    change.
    """
    made = Patterns([each for step in steps if step.recipe for each in step.recipe.outputs])
    left = [path for path in changed if not made.matches(path)]
    if not SETTINGS.isdisjoint(left):
        return frozenset(step.name for step in steps)
    return frozenset(step.name for step in steps if _reads(step, left))


def unfinished(run: Run) -> frozenset[str]:
    """Names of the steps that failed, or could not run because of another."""
    return frozenset(
        step.name
        for step in run.steps
        if step.result.bad or (step.started is None and step.reason.startswith("needs "))
    )


def _reads(step: Step, changed: Sequence[str]) -> bool:
    inputs = step.recipe.inputs if step.recipe else ()
    if not inputs:
        return bool(changed)
    patterns = Patterns(inputs)
    return any(patterns.matches(path) for path in changed)
