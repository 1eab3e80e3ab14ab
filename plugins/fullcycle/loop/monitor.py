"""The stage `monitor`: what is measured now, against the thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import BreachedError
from fullcycle.pipeline.step import Step, StepContext

if TYPE_CHECKING:
    from fullcycle.model import Reading
    from fullcycle.project import Project


def steps(project: Project) -> list[Step]:
    """One step: measure, record, show, compare."""

    def monitor(context: StepContext) -> None:
        from fullcycle.observe.render import table
        from fullcycle.observe.thresholds import breaches

        readings = measure(project)
        project.ledger.record_readings("", readings)
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


def measure(project: Project) -> list[Reading]:
    """All readings of the environment, its endpoints probed."""
    from fullcycle.observe.collect import collect

    health = project.settings.app.health
    own = (health.path,) if health.kind == "http" else ()
    endpoints = (*own, *project.settings.monitor.endpoints)
    url = project.platform.runtime.status().url
    return collect(project.platform, url, tuple(dict.fromkeys(endpoints)))
