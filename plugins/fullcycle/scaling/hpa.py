"""How many replicas a policy asks for: the formula of Kubernetes' Horizontal Pod Autoscaler.

`desired = ceil(current × value / target)`, with its tolerance, its treatment of replicas that
have no reading, and its choice among several metrics. Pure: no clock, no platform.
Source: kubernetes.io, "Horizontal Pod Autoscaling", section "Algorithm details".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXACT = 9
"""Decimal places a ratio counts to, so that 0.6 / 0.2 asks for 3 replicas and not for 4."""


class Policy(Protocol):
    """What the formula needs of an environment's `autoscale` settings."""

    @property
    def min(self) -> int:
        """The fewest replicas."""

    @property
    def max(self) -> int:
        """The most replicas."""

    @property
    def target(self) -> Mapping[str, float]:
        """Metric and the value one replica should have."""

    @property
    def tolerance(self) -> float:
        """Nothing is done while the ratio of value and target is this near 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A number of replicas and why."""

    replicas: int
    reason: str


def recommend(
    current: int, samples: Mapping[str, Sequence[float]], policy: Policy
) -> Recommendation:
    """What the policy asks for now.

    Args:
        current: replicas wanted so far; 0 switches scaling off, as nothing runs.
        samples: by metric, one value per replica that has one, in the unit of its target.
        policy: targets and limits.

    Returns:
        The largest number that any metric asks for, within the policy's limits. A metric
        without any value forbids scaling down.
    """
    if current == 0:
        return Recommendation(replicas=0, reason="nothing runs")
    votes = {
        metric: wanted(current, samples.get(metric, ()), target, policy.tolerance)
        for metric, target in policy.target.items()
    }
    known = {metric: vote for metric, vote in votes.items() if vote is not None}
    unknown = sorted(votes.keys() - known.keys())
    if not known:
        return _limited(current, f"no readings of {', '.join(unknown)}", policy)
    metric = max(known, key=lambda name: known[name])
    if unknown and known[metric] < current:
        return _limited(current, f"not fewer without readings of {', '.join(unknown)}", policy)
    return _limited(known[metric], _why(metric, samples[metric], policy.target[metric]), policy)


def wanted(current: int, values: Sequence[float], target: float, tolerance: float) -> int | None:
    """What one metric asks for; None when no replica has a value.

    Replicas without a value count as on target when the others ask for fewer, and as idle when
    they ask for more; when that turns the direction, or ends within the tolerance, nothing
    changes.
    """
    if not values:
        return None
    known = _ratio(sum(values), target * len(values))
    missing = max(0, current - len(values))
    if not missing:
        return current if _near(known, tolerance) else _ceil(known * len(values))
    assumed = 0.0 if known > 1 else target
    ratio = _ratio(sum(values) + assumed * missing, target * (len(values) + missing))
    desired = _ceil(ratio * (len(values) + missing))
    turned = (known < 1 < ratio) or (ratio < 1 < known)
    if _near(ratio, tolerance) or turned or (ratio < 1) != (desired < current):
        return current
    return desired


def _ratio(value: float, target: float) -> float:
    return round(value / target, EXACT)


def _near(ratio: float, tolerance: float) -> bool:
    return round(abs(ratio - 1), EXACT) <= tolerance


def _ceil(value: float) -> int:
    return math.ceil(round(value, EXACT))


def _why(metric: str, values: Sequence[float], target: float) -> str:
    mean = sum(values) / len(values)
    return f"{metric} is {mean:.3g} per replica, its target {target:g}"


def _limited(replicas: int, reason: str, policy: Policy) -> Recommendation:
    if replicas > policy.max:
        return Recommendation(replicas=policy.max, reason=f"{reason}; {policy.max} is the most")
    if replicas < policy.min:
        return Recommendation(replicas=policy.min, reason=f"{reason}; {policy.min} is the fewest")
    return Recommendation(replicas=replicas, reason=reason)
