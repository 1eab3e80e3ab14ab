"""How many replicas the scaling policy asks for, from what is measured now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import WEB

if TYPE_CHECKING:
    from fullcycle.model import Status
    from fullcycle.project import Project
    from fullcycle.scaling.hpa import Recommendation


def recommend(project: Project, status: Status) -> Recommendation:
    """What the environment's policy recommends for the replicas that serve requests now.

    Raises:
        UsageError: the environment has no policy, or its provider measures nothing.
    """
    from fullcycle.scaling.hpa import recommend as formula
    from fullcycle.scaling.samples import samples

    policy = project.environment.autoscale
    if policy is None:
        raise UsageError(
            f"environment {project.environment_name!r} has no scaling policy",
            hint="set `autoscale = { min = 1, max = 4, target = { cpu = 60 } }`",
        )
    others = {each.id for each in status.replicas if each.process != WEB}
    readings = project.platform.require("telemetry").readings()
    serving = samples(each for each in readings if each.subject not in others)
    return formula(status.desired, serving, policy)
