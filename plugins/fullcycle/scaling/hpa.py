"""How many replicas the metrics ask for: the algorithm of Kubernetes' Horizontal Pod Autoscaler.

`desired = ceil(current × value / target)`, with its tolerance, its treatment of replicas that are
not ready or have no reading, and its choice among several metrics. Pure: no clock, no platform.
Sources: kubernetes.io, "Horizontal Pod Autoscaling", section "Algorithm details", and where that is
silent `replica_calculator.go` of Kubernetes 1.31.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fullcycle.model import ScalingPolicy

EXACT = 9
"""Decimal places that count, so that 0.6 / 0.2 asks for 3 replicas and not for 4."""
UNITS = {"cpu": "%", "memory": "%", "requests": "/s", "response": " s", "queue": ""}
"""Of the metrics, as they are said."""
WHOLE = "response"
"""The metric that is no share of something: each replica has as much of it as all together."""
SHARED = "queue"
"""The metric that is a sum, of which each replica should have its share."""


class Sample(NamedTuple):
    """What a metric was at one look."""

    total: float
    """The sum over all that were measured."""
    replicas: int
    """How many ready replicas were measured; for `queue` and `response`, 1."""


class Fleet(NamedTuple):
    """What there is of the replicas that serve."""

    current: int
    """How many are wanted so far."""
    ready: int
    """How many serve."""
    unready: int = 0
    """How many start, or are ill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A number of replicas and why."""

    replicas: int
    reason: str
    known: bool = True
    """Whether it follows from measurements; without them it is the number there is."""


def recommend(fleet: Fleet, samples: Mapping[str, Sample], policy: ScalingPolicy) -> Recommendation:
    """What the policy's metrics ask for now; limits and rates come afterwards.

    Args:
        fleet: the replicas.
        samples: by metric; one that could not be measured is left out.
        policy: its targets and tolerance count.

    Returns:
        The largest number that any metric asks for. A metric without any value forbids scaling
        down.
    """
    votes: dict[str, int] = {}
    for metric in policy.target:
        vote = _vote(metric, fleet, samples.get(metric), policy)
        if vote is not None:
            votes[metric] = vote
    if len(votes) == len(policy.target):
        metric = max(votes, key=lambda name: votes[name])
        return Recommendation(
            replicas=votes[metric], reason=_why(metric, samples[metric], policy, fleet)
        )
    return _with_gaps(fleet, samples, policy, votes)


def per_replica(fleet: Fleet, sample: Sample, target: float, tolerance: float) -> int | None:
    """What a metric that every replica has asks for; None when no replica has a value.

    Ready replicas without a value count as on target when the others ask for fewer, and as idle
    when they ask for more; replicas that are not ready count as idle when more are asked for, and
    else not at all. When that turns the direction, or ends within the tolerance, nothing changes.
    """
    if not sample.replicas:
        return None
    known = sample.total / (target * sample.replicas)
    missing = max(0, fleet.ready - sample.replicas)
    idle = fleet.unready if known > 1 else 0
    if not missing and not idle:
        return fleet.current if _near(known, tolerance) else _ceil(known * sample.replicas)
    count = sample.replicas + missing + idle
    ratio = (sample.total + (0.0 if known > 1 else target * missing)) / (target * count)
    desired = _ceil(ratio * count)
    turned = (known < 1 < ratio) or (ratio < 1 < known)
    if _near(ratio, tolerance) or turned or (ratio < 1) != (desired < fleet.current):
        return fleet.current
    return desired


def shared(fleet: Fleet, total: float, target: float, tolerance: float) -> int:
    """What a sum asks for, of which each replica should have `target` (HPA's `AverageValue`)."""
    ratio = total / (target * max(1, fleet.current))
    return fleet.current if _near(ratio, tolerance) else _ceil(total / target)


def whole(fleet: Fleet, value: float, target: float, tolerance: float) -> int:
    """What a value asks for that all replicas have together (HPA's `Value`)."""
    ratio = value / target
    return fleet.current if _near(ratio, tolerance) else _ceil(ratio * max(1, fleet.ready))


def _vote(metric: str, fleet: Fleet, sample: Sample | None, policy: ScalingPolicy) -> int | None:
    if sample is None:
        return None
    target, tolerance = policy.target[metric], policy.tolerance
    if metric == SHARED:
        return shared(fleet, sample.total, target, tolerance)
    if metric == WHOLE:
        return whole(fleet, sample.total, target, tolerance)
    return per_replica(fleet, sample, target, tolerance)


def _with_gaps(
    fleet: Fleet, samples: Mapping[str, Sample], policy: ScalingPolicy, votes: Mapping[str, int]
) -> Recommendation:
    """What is left to ask for where a metric could not be measured: more, or nothing."""
    unknown = ", ".join(sorted(policy.target.keys() - votes.keys()))
    if not votes:
        reason = f"no readings of {unknown}"
        return Recommendation(replicas=fleet.current, reason=reason, known=False)
    metric = max(votes, key=lambda name: votes[name])
    if votes[metric] < fleet.current:
        reason = f"not fewer without readings of {unknown}"
        return Recommendation(replicas=fleet.current, reason=reason, known=False)
    return Recommendation(
        replicas=votes[metric], reason=_why(metric, samples[metric], policy, fleet)
    )


def _near(ratio: float, tolerance: float) -> bool:
    return round(abs(ratio - 1), EXACT) <= tolerance


def _ceil(value: float) -> int:
    return math.ceil(round(value, EXACT))


def _why(metric: str, sample: Sample, policy: ScalingPolicy, fleet: Fleet) -> str:
    unit = UNITS.get(metric, "")
    target = f"its target {policy.target[metric]:g}{unit}"
    if metric == WHOLE:
        return f"{metric} is {sample.total:.3g}{unit}, {target}"
    mean = sample.total / max(1, fleet.current if metric == SHARED else sample.replicas)
    return f"{metric} is {mean:.3g}{unit} per replica, {target}"
