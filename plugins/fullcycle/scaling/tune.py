"""Search a better policy: found on the first part of a trace, judged on the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError

from .pilots import FULL, MINUTE, Hpa, simulable
from .simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle.model import ScalingPolicy

    from .simulate import Simulation, Site
    from .trace import Trace

SHARE = 2 / 3
"""Of the trace, to search on."""
LEAST = 2 * 24 * 60
"""Minutes below which there is nothing to learn from."""
SHARES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Of a replica's capacity, that a target may be."""
WINDOWS = (60.0, 300.0, 600.0, 900.0, 1800.0)
"""Seconds of stabilisation downwards."""
TOLERANCES = (0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What the search found."""

    policy: ScalingPolicy
    tried: int
    before: Simulation
    """The policy there was, on the rest of the trace."""
    after: Simulation
    """The one that was found, there."""

    @property
    def better(self) -> bool:
        """Whether it holds on what it was not searched on."""
        return _price(self.after, len(self.before.overloaded)) < _price(
            self.before, len(self.before.overloaded)
        )


def tune(trace: Trace, policy: ScalingPolicy, site: Site) -> Tuned:
    """Try targets with windows of stabilisation, then tolerances; `min`, `max` and rates stay.

    Better is: no more overloaded minutes than the policy has now, and then fewer replica hours.

    Raises:
        UsageError: the trace is too short to search on one part and judge on another.
    """
    if len(trace.requests) < LEAST:
        raise UsageError("a trace to tune with should have two days at least")
    first, rest = trace.split(SHARE)
    now = _run(first, policy, site)
    best, price, tried = policy, _price(now, len(now.overloaded)), 1
    for alternatives in (_targets, _tolerances):
        for other in alternatives(best, site):
            found = _price(_run(first, other, site), len(now.overloaded))
            best, price = (other, found) if found < price else (best, price)
            tried += 1
    before, after = _run(rest, policy, site), _run(rest, best, site, "tuned")
    return Tuned(policy=best, tried=tried, before=before, after=after)


def _run(trace: Trace, policy: ScalingPolicy, site: Site, name: str = "hpa") -> Simulation:
    return simulate(trace, Hpa(policy, site, trace, name), site)


def _price(simulation: Simulation, allowed: int) -> tuple[int, float]:
    return max(0, len(simulation.overloaded) - allowed), simulation.replica_hours


def _targets(policy: ScalingPolicy, site: Site) -> Iterator[ScalingPolicy]:
    """The same, with another value of one target and another window."""
    full = {"cpu": FULL, "requests": site.capacity / MINUTE}
    for metric in simulable(policy).target.keys() & full:
        for share, seconds in product(SHARES, WINDOWS):
            value = float(f"{share * full[metric]:.3g}")
            yield replace(
                policy,
                target={**policy.target, metric: value},
                down=replace(policy.down, stabilisation=seconds),
            )


def _tolerances(policy: ScalingPolicy, _: Site) -> Iterator[ScalingPolicy]:
    for tolerance in TOLERANCES:
        yield replace(policy, tolerance=tolerance)
