"""The stage `monitor`: what is measured now, against the thresholds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from fullcycle.errors import BreachedError
from fullcycle.pipeline.step import Step, StepContext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle.observe.collector import Observation
    from fullcycle.observe.slo import Standing
    from fullcycle.project import Project


def steps(project: Project) -> list[Step]:
    """One step: measure, record, show, compare."""

    def monitor(context: StepContext) -> None:
        from fullcycle.observe.render import overview

        seen = observe(project)
        for line in overview(seen):
            context.log(line)
        require_well(seen)
        context.summarize(f"{len(seen.readings)} readings, no threshold breached")

    return [
        Step(
            name="monitor",
            action=monitor,
            show=True,
            describe=f"measure {project.environment_name} and compare with the thresholds",
        )
    ]


def observe(project: Project) -> Observation:
    """Measure once, record it, and compare it with what is wanted.

    Raises:
        FullcycleError: the platform cannot be reached, or the settings don't fit.
    """
    from fullcycle.observe.collector import Collector

    collector = Collector(project)
    seen = collector.observe()
    if collector.trouble is not None:
        raise collector.trouble
    return seen


def rounds(project: Project, every: float) -> Iterator[Observation]:
    """Measure every so many seconds, for ever. What cannot be reached is noted and tried again."""
    from fullcycle.observe.collector import Collector

    collector = Collector(project, every)
    while True:
        yield collector.observe()
        threading.Event().wait(every)


def require_well(seen: Observation) -> None:
    """See that nothing is wrong.

    Raises:
        BreachedError: a threshold is breached, or an error budget burns too fast.
    """
    from fullcycle.observe.alerts import burning

    wrong = [each.text for each in seen.breaches]
    wrong += [each.title for each in burning(seen.objectives)]
    if wrong:
        raise BreachedError("; ".join(wrong))


def objectives(project: Project) -> list[Standing]:
    """How the SLOs of the environment stand, by what is recorded."""
    from datetime import UTC, datetime

    from fullcycle.observe.collector import standing

    return standing(project, datetime.now(UTC))


def require_budgets(found: list[Standing]) -> None:
    """See that no error budget is spent, or burns too fast.

    Raises:
        BreachedError: one is.
    """
    from fullcycle.observe.alerts import burning

    wrong = [each.title for each in burning(found)]
    spent = (each.objective.name for each in found if each.budget_left < 0)
    wrong += [f"{name}: the error budget is spent" for name in spent]
    if wrong:
        raise BreachedError("; ".join(wrong))
