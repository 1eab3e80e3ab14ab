"""The objectives of an environment, and what a round says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import Reading

from .derive import within
from .slo import EVENTS, GOOD, Objective
from .thresholds import is_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.project import Project

    from .derive import Between


def objectives(project: Project) -> list[Objective]:
    """Those of the settings that hold in the project's environment."""
    return [
        Objective(
            name=name,
            kind=slo.kind,
            target=slo.target / 100,
            window_days=slo.window,
            threshold_seconds=slo.threshold,
            endpoint=slo.endpoint or "",
        )
        for name, slo in project.settings.slo.items()
        if not slo.environments or project.environment_name in slo.environments
    ]


def judged(
    wanted: Sequence[Objective], between: Between | None, measured: Sequence[Reading], every: float
) -> Iterator[Reading]:
    """How many events each objective had in a round, and how many were good.

    Args:
        wanted: the objectives.
        between: since the round before; None in the first.
        measured: in this round; probes among it.
        every: seconds that the first round's probes stand for.
    """
    for objective in wanted:
        if objective.endpoint:
            found = _probed(objective, measured)
            seconds = between.seconds if between else every
        elif between:
            found = _counted(objective, between)
            seconds = between.seconds
        else:
            continue
        if found is None:
            continue
        for metric, count in zip((EVENTS, GOOD), found, strict=True):
            yield Reading(
                metric=metric,
                value=count / seconds,
                unit="count",
                subject=objective.name,
                at=measured[0].at,
                seconds=seconds,
            )


def _probed(objective: Objective, measured: Sequence[Reading]) -> tuple[float, float] | None:
    """One event a round: whether the endpoint was up, or answered in time."""
    of_it = [each for each in measured if is_of(each.subject, objective.endpoint)]
    up = [each.value for each in of_it if each.metric == "up"]
    if not up:
        return None
    if objective.threshold_seconds is None:
        return 1.0, min(up)
    slowest = max((each.value for each in of_it if each.metric == "response_seconds"), default=None)
    return 1.0, float(slowest is not None and slowest <= objective.threshold_seconds)


def _counted(objective: Objective, between: Between) -> tuple[float, float] | None:
    """Requests, as the proxy counts them; None where it doesn't."""
    requests, errors = between.total("requests_total"), between.total("errors_total")
    if requests is None:
        return None
    if objective.threshold_seconds is None:
        return requests, max(0.0, requests - (errors or 0.0))
    histogram = between.histogram()
    if not histogram:
        return None
    return float(max(histogram.values())), float(within(histogram, objective.threshold_seconds))
