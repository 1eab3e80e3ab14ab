"""Scaling policy: between how many replicas, on which measurements, and how fast."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How much the number of replicas may change within a period."""

    amount: int
    unit: Literal["replicas", "percent"] = "replicas"
    """`percent` is of the replicas at the beginning of the period."""
    period: float = 15.0
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How fast replicas are added, or removed."""

    stabilisation: float = 0.0
    """Seconds of recommendations that are looked back on; the most careful one counts."""
    rates: tuple[Rate, ...] = ()
    """None: as many at once as is wanted."""
    select: Literal["max", "min", "disabled"] = "max"
    """Which of several rates counts: the one that allows most, or least; or no change at all."""


UP = Behaviour(rates=(Rate(amount=100, unit="percent"), Rate(amount=4)))
"""Kubernetes' HPA: at once, by 100 percent or 4 replicas in 15 seconds, whatever is more."""
DOWN = Behaviour(stabilisation=300.0, rates=(Rate(amount=100, unit="percent"),))
"""Kubernetes' HPA: to the highest recommendation of the last 300 seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Where it is read how many entries wait: by a command or by a URL."""

    run: str = ""
    """A shell command that prints the number."""
    url: str = ""
    """A URL that answers with the number, or with JSON that holds it."""
    value: str = ""
    """Where it is in the JSON: keys and positions with dots between them, such as `queues.0.ready`.
    Empty: the whole answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """A known time at which other limits hold."""

    name: str
    cron: str
    """When it begins, as five fields of cron."""
    minutes: int
    """How long it lasts."""
    min: int | None = None
    max: int | None = None
    timezone: str = "UTC"
    """An IANA name, such as `Europe/Berlin`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPolicy:
    """How many replicas an environment gets."""

    min: int = 1
    max: int = 10
    target: dict[str, float] = field(default_factory=lambda: {"cpu": 60.0})
    """Metric and the value that one replica should have: `cpu` and `memory` in percent,
    `requests` per second, `response` in seconds, `queue` in entries."""
    queue: Queue | None = None
    """Where the queue's length is read, for the target `queue`."""
    tolerance: float = 0.1
    """Nothing is done while a metric is this near its target (Kubernetes' HPA)."""
    interval: float = 15.0
    """Seconds between two looks (Kubernetes' HPA)."""
    up: Behaviour = UP
    down: Behaviour = DOWN
    peaks: tuple[Peak, ...] = ()
