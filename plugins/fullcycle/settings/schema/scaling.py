"""How many replicas an environment gets."""
# ruff: noqa: TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from fullcycle.settings.forms import Metric, Name, Ratio, Seconds
from fullcycle.settings.table import Table

LONGEST = 3600.0
"""Seconds that may be looked back on (Kubernetes' HPA allows as many)."""


class RateSettings(Table):
    """How much the number of replicas may change within a period."""

    amount: int = Field(ge=1)
    """How many, or how many percent of those at the beginning of the period."""
    unit: Literal["replicas", "percent"] = "replicas"
    """What `amount` counts."""
    period: float = Field(default=15.0, gt=0, le=1800)
    """Seconds (Kubernetes' HPA allows at most 1800)."""


class BehaviourSettings(Table):
    """How fast the number of replicas changes in one direction."""

    stabilisation: float = Field(default=0.0, ge=0, le=LONGEST)
    """Seconds that are looked back on: the most careful number asked for in them counts."""
    rates: tuple[RateSettings, ...] = ()
    """How many replicas may come or go within a period; as many as are asked for, without."""
    select: Literal["max", "min", "disabled"] = "max"
    """Which of several rates counts: the one that allows most, or least; `disabled`: none changes
    anything in this direction."""


class UpSettings(BehaviourSettings):
    """How fast replicas are added (defaults: Kubernetes' HPA)."""

    rates: tuple[RateSettings, ...] = (
        RateSettings(amount=100, unit="percent"),
        RateSettings(amount=4),
    )
    """How many replicas may be added within a period; as many as are asked for, with []."""


class DownSettings(BehaviourSettings):
    """How fast replicas are removed (defaults: Kubernetes' HPA)."""

    stabilisation: float = Field(default=300.0, ge=0, le=LONGEST)
    """Seconds that are looked back on: the greatest number asked for in them counts."""
    rates: tuple[RateSettings, ...] = (RateSettings(amount=100, unit="percent"),)
    """How many replicas may be removed within a period; as many as are asked for, with []."""


class QueueSettings(Table):
    """Where it is read how many entries wait."""

    run: str = ""
    """A shell command that prints the number."""
    url: str = Field(default="", pattern=r"^(https?://.*)?$")
    """A URL that answers with the number, or with JSON."""
    value: str = ""
    """Where the number is in the JSON: keys and positions with dots between them, such as
    `queues.0.ready`."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.run) == bool(self.url):
            raise ValueError("needs either run or url")
        return self


def _cron(written: str) -> str:
    """Five fields of cron.

    Raises:
        ValueError: they are none.
    """
    from fullcycle.scaling.peaks import check_cron

    return check_cron(written)


def _timezone(name: str) -> str:
    """An IANA name of a time zone.

    Raises:
        ValueError: there is none of that name.
    """
    from fullcycle.scaling.peaks import zone

    return zone(name).key


class PeakSettings(Table):
    """A known time at which other limits hold."""

    name: Name
    """What it is called in the reasons of decisions."""
    cron: Annotated[str, AfterValidator(_cron)]
    """When it begins, as the five fields of cron: `0 8 * * MON-FRI` is at 8 on working days."""
    minutes: int = Field(ge=1, le=7 * 24 * 60)
    """How long it lasts."""
    min: int | None = Field(default=None, ge=1, le=1000)
    """Never fewer replicas in it."""
    max: int | None = Field(default=None, ge=1, le=1000)
    """Never more replicas in it."""
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    """Whose clock `cron` means: an IANA name such as `Europe/Berlin`."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min should be at most max, {self.min} is more than {self.max}")
        return self


class Autoscale(Table):
    """How many replicas an environment gets."""

    min: int = Field(default=1, ge=1, le=1000)
    """Never fewer replicas."""
    max: int = Field(default=10, ge=1, le=1000)
    """Never more replicas."""
    target: dict[Metric, Annotated[float, Field(gt=0)]] = Field({"cpu": 60.0}, min_length=1)
    """Metric and the value a replica should have: `cpu` and `memory` in percent of what it may use,
    `requests` per second and replica, `response` in seconds, `queue` in entries per replica. Of
    several, the one that asks for most decides."""
    queue: QueueSettings | None = None
    """Where the queue's length is read, for the target `queue`."""
    tolerance: Ratio = 0.1
    """Do nothing while a metric is this near its target (Kubernetes' HPA)."""
    interval: Seconds = 15.0
    """Seconds between two looks of `scale.auto` (Kubernetes' HPA)."""
    up: UpSettings = UpSettings()
    """How fast replicas are added."""
    down: DownSettings = DownSettings()
    """How fast replicas are removed."""
    peaks: tuple[PeakSettings, ...] = ()
    """Known times at which other limits hold."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min should be at most max, {self.min} is more than {self.max}")
        return self

    @model_validator(mode="after")
    def _queue_is_read(self) -> Self:
        if ("queue" in self.target) != (self.queue is not None):
            raise ValueError("the target queue and the table queue belong together")
        return self
