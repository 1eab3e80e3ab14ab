"""What users may rely on."""
# ruff: noqa: TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from fullcycle.settings.forms import Endpoint, Name, Seconds
from fullcycle.settings.table import Table


class Slo(Table):
    """An objective: how many of the requests have to be good, over a rolling time."""

    kind: Literal["availability", "latency"] = "availability"
    """Whether good means that a request succeeds, or that it is answered within `threshold`."""
    target: float = Field(gt=0, lt=100)
    """Percent of the requests that have to be good, such as 99.9."""
    window: float = Field(default=30.0, ge=1, le=90)
    """Days over which the target must hold."""
    threshold: Seconds | None = None
    """Seconds within which a request has to be answered, for `latency`. With requests that the
    proxy counts it should be one of 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 and
    30; of others the next smaller one is taken."""
    endpoint: Endpoint | None = None
    """A path or URL whose probes are judged; without, the requests of users, as the proxy counts
    them."""
    environments: tuple[Name, ...] = ()
    """Where it holds; everywhere when empty."""

    @model_validator(mode="after")
    def _threshold_with_latency(self) -> Self:
        if (self.kind == "latency") != (self.threshold is not None):
            raise ValueError("kind latency needs a threshold, and no other kind has one")
        return self
