"""Pilots of a simulation: the policy of the settings, and what else one might have."""

from __future__ import annotations

import math
from collections import deque
from statistics import fmean
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError

from .behaviour import Memory, span
from .decide import heed
from .hpa import SHARED, Fleet, Recommendation, Sample, recommend
from .peaks import Limits, begins, limits_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.model import ScalingPolicy

    from .simulate import Site, View
    from .trace import Trace

MINUTE, HOUR, DAY = 60, 3600, 86400
KNOWN = frozenset({"cpu", "requests", "queue"})
"""Metrics that follow from the traffic. Memory and response times don't."""
FULL = 100.0


class Hpa:
    """The policy of the settings, carried out by the code that `scale.auto` runs."""

    def __init__(self, policy: ScalingPolicy, site: Site, trace: Trace, name: str = "hpa") -> None:
        self.name = name
        self._policy = simulable(policy)
        self._measures = [_MEASURES[metric] for metric in self._policy.target]
        self._queue = SHARED in self._policy.target
        self._known: dict[tuple[float, ...], Recommendation] = {}
        self._site = site
        self._memory = Memory()
        self._span = span(policy)
        self._limits = _limits(policy, trace)

    def begin(self) -> int:
        """As few as there may be."""
        return self._limits(0).min

    def steer(self, view: View) -> int:
        """See Pilot.steer."""
        key = (view.replicas, view.ready, view.requests, view.waiting if self._queue else 0.0)
        advice = self._known.get(key) or self._known.setdefault(key, self._advice(view))
        verdict = heed(
            view.replicas,
            advice,
            policy=self._policy,
            limits=self._limits(view.now),
            memory=self._memory,
            now=view.now,
        )
        self._memory.note(view.now, verdict.asked, verdict.replicas - view.replicas, self._span)
        return verdict.replicas

    def _advice(self, view: View) -> Recommendation:
        measures = self._measures if view.ready else ()
        samples = dict([measure(view, self._site) for measure in measures])
        fleet = Fleet(view.replicas, view.ready, view.replicas - view.ready)
        return recommend(fleet, samples, self._policy)


class TargetTracking:
    """As AWS' target tracking does it, as far as AWS says and shows.

    Looks at one-minute means. When 3 in a row are above the target, so many more that they would
    meet it; when 15 in a row are below 90 percent of it, a tenth fewer, at least one. After a
    change 300 seconds pass before another that is not an increase over it.
    """

    name = "target tracking"
    HIGH, LOW = 3, 15
    NEAR = 0.9
    COOLDOWN = 300.0
    PART = 10

    def __init__(self, policy: ScalingPolicy, site: Site) -> None:
        self._policy = simulable(policy)
        self._site = site
        self._minutes: deque[float] = deque(maxlen=self.LOW)
        self._seen: list[float] = []
        self._changed = -math.inf

    def begin(self) -> int:
        """See Pilot.begin."""
        return self._policy.min

    def steer(self, view: View) -> int:
        """See Pilot.steer."""
        if view.now:
            self._seen.append(_ratio(view, self._site, self._policy))
        if not self._seen or round(view.now, 6) % MINUTE:
            return view.replicas
        self._minutes.append(fmean(self._seen))
        self._seen.clear()
        wanted = min(max(self._wanted(view), self._policy.min), self._policy.max)
        if wanted != view.replicas:
            self._changed = view.now
        return wanted

    def _wanted(self, view: View) -> int:
        latest = list(self._minutes)
        if len(latest) >= self.HIGH and min(latest[-self.HIGH :]) > 1:
            return math.ceil(view.ready * latest[-1]) if view.ready else view.replicas + 1
        low = len(latest) == self.LOW and max(latest) < self.NEAR
        if low and view.now - self._changed >= self.COOLDOWN:
            return view.replicas - math.ceil(view.replicas / self.PART)
        return view.replicas


class Schedule:
    """For each hour of the day, what the week before would have needed at the target's load.

    Knows no more than a person does who writes such a schedule: the first day has the greatest
    number there may be.
    """

    name = "schedule"
    DAYS = 7

    def __init__(self, policy: ScalingPolicy, site: Site) -> None:
        self._policy = simulable(policy)
        self._comfortable = comfortable(policy, site)
        self._days: deque[dict[int, int]] = deque(maxlen=self.DAYS)
        self._today: dict[int, int] = {}

    def begin(self) -> int:
        """See Pilot.begin."""
        return self._policy.max

    def steer(self, view: View) -> int:
        """See Pilot.steer."""
        hour = int(view.now % DAY // HOUR)
        if hour == 0 and self._today.keys() - {0}:
            self._days.append(self._today)
            self._today = {}
        needed = math.ceil(view.requests / self._comfortable)
        self._today[hour] = max(needed, self._today.get(hour, 0))
        known = [day[hour] for day in self._days if hour in day]
        wanted = max(known) if known else self._policy.max
        return min(max(wanted, self._policy.min), self._policy.max)


class Fixed:
    """Always as many as the busiest minute needs, which nobody knows beforehand."""

    name = "fixed"

    def __init__(self, policy: ScalingPolicy, site: Site, trace: Trace) -> None:
        self._replicas = min(site.needed(max(trace.requests)), policy.max)

    def begin(self) -> int:
        """See Pilot.begin."""
        return self._replicas

    def steer(self, view: View) -> int:  # noqa: ARG002 (nothing is looked at)
        """See Pilot.steer."""
        return self._replicas


def simulable(policy: ScalingPolicy) -> ScalingPolicy:
    """The policy with those of its targets that follow from the traffic.

    Raises:
        UsageError: none of them does.
    """
    from dataclasses import replace

    target = {metric: value for metric, value in policy.target.items() if metric in KNOWN}
    if not target:
        raise UsageError(
            f"traffic alone doesn't say what becomes of {', '.join(policy.target)}",
            hint="add a target for cpu or requests to try the policy with",
        )
    return replace(policy, target=target)


def comfortable(policy: ScalingPolicy, site: Site) -> float:
    """Requests a minute with which a replica is at its target."""
    target = policy.target
    shares = [target["cpu"] / FULL * site.capacity] if "cpu" in target else []
    shares += [target["requests"] * MINUTE] if "requests" in target else []
    return min([site.capacity, *shares])


def _cpu(view: View, site: Site) -> tuple[str, Sample]:
    busy = min(view.requests / site.capacity, view.ready)
    return "cpu", Sample(busy * FULL, view.ready)


def _requests(view: View, site: Site) -> tuple[str, Sample]:
    served = min(view.requests, view.ready * site.capacity)
    return "requests", Sample(served / MINUTE, view.ready)


def _queue(view: View, site: Site) -> tuple[str, Sample]:  # noqa: ARG001 (one of three alike)
    return "queue", Sample(view.waiting, 1)


_MEASURES: dict[str, Callable[[View, Site], tuple[str, Sample]]] = {
    "cpu": _cpu,
    "requests": _requests,
    "queue": _queue,
}


def _ratio(view: View, site: Site, policy: ScalingPolicy) -> float:
    """How far the metric that is furthest above its target is, as a multiple of it."""
    if not view.ready:
        return 1.0
    samples = dict(_MEASURES[metric](view, site) for metric in policy.target)
    return max(s.total / view.ready / policy.target[metric] for metric, s in samples.items())


def _limits(policy: ScalingPolicy, trace: Trace) -> Callable[[float], Limits]:
    """The limits in force at a second of the trace."""
    usual = limits_in(policy, ())
    if not policy.peaks:
        return lambda _now: usual
    from datetime import timedelta

    minutes = len(trace.requests)
    end = trace.start + timedelta(minutes=minutes)
    lasting: list[list[int]] = [[] for _ in range(minutes)]
    for number, peak in enumerate(policy.peaks):
        for moment in begins(peak, trace.start - timedelta(minutes=peak.minutes), end):
            first = round((moment - trace.start).total_seconds() / MINUTE)
            for minute in range(max(0, first), min(first + peak.minutes, minutes)):
                lasting[minute].append(number)
    known = {
        key: limits_in(policy, [policy.peaks[number] for number in key])
        for key in {tuple(each) for each in lasting}
    }
    table = [known[tuple(each)] for each in lasting]
    return lambda now: table[min(int(now // MINUTE), minutes - 1)]
