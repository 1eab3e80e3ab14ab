"""One decision: from what is measured to how many replicas there shall be, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .behaviour import paced, steady
from .hpa import recommend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fullcycle.model import ScalingPolicy

    from .behaviour import Memory
    from .hpa import Fleet, Recommendation, Sample
    from .peaks import Limits


class Verdict(NamedTuple):
    """What a look at the metrics came to."""

    asked: int | None
    """What the metrics ask for; None where that is not known, or the limits decide alone."""
    replicas: int
    """How many there shall be."""
    reason: str


def decide(
    fleet: Fleet,
    samples: Mapping[str, Sample],
    *,
    policy: ScalingPolicy,
    limits: Limits,
    memory: Memory,
    now: float,
) -> Verdict:
    """How many replicas there shall be.

    A number outside of the limits becomes the nearest within them at once; else the metrics ask for
    one, the stabilisation windows and then the rates let through what they allow of it. The caller
    notes the verdict in the memory.

    Args:
        fleet: the replicas; where none is wanted, scaling is off.
        samples: by metric.
        policy: what counts.
        limits: those in force now.
        memory: what was asked for and changed before.
        now: seconds, on the memory's clock.
    """
    advice = recommend(fleet, samples, policy)
    return heed(fleet.current, advice, policy=policy, limits=limits, memory=memory, now=now)


def heed(
    current: int,
    advice: Recommendation,
    *,
    policy: ScalingPolicy,
    limits: Limits,
    memory: Memory,
    now: float,
) -> Verdict:
    """What becomes of a recommendation: `decide` without its first half."""
    if current == 0:
        return Verdict(None, 0, "nothing runs")
    if not limits.min <= current <= limits.max:
        return _within(current, limits)
    if not advice.known:
        return Verdict(None, current, advice.reason)
    asked = min(max(advice.replicas, limits.min), limits.max)
    reason = advice.reason + (_bound(limits, asked) if asked != advice.replicas else "")
    calm = steady(current, asked, policy, memory, now)
    if calm != asked:
        reason += _waiting(current, asked, calm, policy)
    allowed = paced(current, calm, policy, memory, now)
    if allowed != calm:
        reason += f"; the rates allow {allowed} now, {calm} are asked for"
    return Verdict(asked, allowed, reason)


def _within(current: int, limits: Limits) -> Verdict:
    bound = limits.min if current < limits.min else limits.max
    return Verdict(None, bound, f"{current} are wanted{_bound(limits, bound)}")


def _bound(limits: Limits, bound: int) -> str:
    which = "most" if bound == limits.max else "fewest"
    return f"; {bound} is the {which}{f' ({limits.peaks})' if limits.peaks else ''}"


def _waiting(current: int, asked: int, calm: int, policy: ScalingPolicy) -> str:
    seconds = (policy.up if asked > current else policy.down).stabilisation
    return f"; {asked} asked for, {calm} within the last {seconds:g} s"
