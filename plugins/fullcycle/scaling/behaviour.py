"""How fast the number of replicas may change: stabilisation windows and rates.

Pure, as `hpa`. Source: kubernetes.io, "Horizontal Pod Autoscaling", section "Configurable scaling
behavior", and `horizontal.go` of Kubernetes 1.31.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fullcycle.model import Behaviour, Rate, ScalingPolicy

PERCENT = 100


@dataclass(slots=True)
class Memory:
    """What was asked for and what was changed lately, oldest first. Times are in seconds."""

    asked: deque[tuple[float, int]] = field(default_factory=deque)
    """When last, and how many replicas the metrics asked for; the same number in a row once."""
    changed: deque[tuple[float, int]] = field(default_factory=deque)
    """When, and by how many replicas the number changed: negative when it fell."""

    def note(self, now: float, asked: int | None, change: int, span: float) -> None:
        """Add a look, and forget what is older than `span` seconds."""
        if asked is not None:
            if self.asked and self.asked[-1][1] == asked:
                self.asked.pop()
            self.asked.append((now, asked))
        if change:
            self.changed.append((now, change))
        for past in (self.asked, self.changed):
            while past and past[0][0] <= now - span:
                past.popleft()


def span(policy: ScalingPolicy) -> float:
    """Seconds that the policy looks back on at most."""
    ways = (policy.up, policy.down)
    return max(
        *(way.stabilisation for way in ways),
        *(rate.period for way in ways for rate in way.rates),
        0,
    )


def steady(current: int, asked: int, policy: ScalingPolicy, memory: Memory, now: float) -> int:
    """The number after stabilisation.

    More replicas than now are the fewest that were asked for within the window upwards; fewer are
    the most that were asked for within the window downwards.
    """
    if asked == current:
        return current
    if asked > current:
        since = now - policy.up.stabilisation
        return max(current, min([asked, *[n for at, n in memory.asked if at > since]]))
    since = now - policy.down.stabilisation
    return min(current, max([asked, *[n for at, n in memory.asked if at > since]]))


def paced(current: int, asked: int, policy: ScalingPolicy, memory: Memory, now: float) -> int:
    """The number that the rates allow at this moment."""
    if asked > current:
        return min(asked, max(current, _most(current, policy.up, memory, now, asked)))
    if asked < current:
        return max(asked, min(current, _fewest(current, policy.down, memory, now, asked)))
    return current


def _most(current: int, way: Behaviour, memory: Memory, now: float, asked: int) -> int:
    if way.select == "disabled":
        return current
    allowed = [_raised(_at_begin(current, rate, memory, now), rate) for rate in way.rates]
    choose = max if way.select == "max" else min
    return choose(allowed, default=asked)


def _fewest(current: int, way: Behaviour, memory: Memory, now: float, asked: int) -> int:
    if way.select == "disabled":
        return current
    allowed = [_lowered(_at_begin(current, rate, memory, now), rate) for rate in way.rates]
    choose = min if way.select == "max" else max
    return choose(allowed, default=asked)


def _at_begin(current: int, rate: Rate, memory: Memory, now: float) -> int:
    """How many replicas there were when the rate's period began."""
    since = now - rate.period
    return current - sum(change for at, change in memory.changed if at > since)


def _raised(start: int, rate: Rate) -> int:
    """Rounded up, or a small number would never grow."""
    if rate.unit == "replicas":
        return start + rate.amount
    return math.ceil(start * (PERCENT + rate.amount) / PERCENT)


def _lowered(start: int, rate: Rate) -> int:
    """Rounded down, for the same reason."""
    if rate.unit == "replicas":
        return start - rate.amount
    return int(start * (PERCENT - rate.amount) / PERCENT)
