"""What is handed to Prometheus: what is measured, and what is too much."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.project import Project

RUNS = 200
"""So many are looked through for the last one of every chain."""


def metrics(project: Project) -> str:
    """Measure the environment once; everything known of it as Prometheus' text format.

    Raises:
        OutOfReachError: the platform does not answer.
    """
    from fullcycle.export.exposition import render
    from fullcycle.export.families import families
    from fullcycle.export.picture import take
    from fullcycle.observe.collector import Collector

    status = project.platform.runtime.status()
    collector = Collector(project)
    collector.round()
    name, now = project.environment_name, datetime.now(UTC)
    picture = take(project.ledger, name, now, status, collector.standings)
    found = families([picture], project.ledger.runs(RUNS))
    return render(found, {"app": project.name})


def rules(projects: Sequence[Project]) -> str:
    """A rule file for the thresholds and the objectives of the settings.

    Args:
        projects: the application, seen from each of its environments.
    """
    from fullcycle.export.burn import objectives as burning
    from fullcycle.export.rules import thresholds, yaml
    from fullcycle.observe.objectives import objectives

    app = projects[0]
    wanted = {each.name: each for project in projects for each in objectives(project)}
    groups = [thresholds(app.name, app.settings.monitor.thresholds)]
    return yaml([*groups, burning(app.name, [*wanted.values()])] if wanted else groups)
