"""The stage `monitor`: what is measured now, against the thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import BreachedError
from fullcycle.pipeline.step import Step, StepContext

if TYPE_CHECKING:
    from fullcycle.project import Project


def steps(project: Project) -> list[Step]:
    """One step: measure, record, show, compare."""

    def monitor(context: StepContext) -> None:
        from fullcycle.observe.collector import Collector
        from fullcycle.observe.render import table
        from fullcycle.observe.thresholds import breaches

        collector = Collector(project)
        readings = collector.round()
        for note in collector.notes:
            context.log(note)
        for line in table(readings).splitlines():
            context.log(line)
        too_much = breaches(readings, project.settings.monitor.thresholds)
        if too_much:
            raise BreachedError("; ".join(too_much))
        context.summarize(f"{len(readings)} readings, no threshold breached")

    return [
        Step(
            name="monitor",
            action=monitor,
            show=True,
            describe=f"measure {project.environment_name} and compare with the thresholds",
        )
    ]
