"""What is measured."""
# ruff: noqa: TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from pydantic import Field

from fullcycle.settings.forms import Endpoint, Ratio, Seconds
from fullcycle.settings.table import Table


class Thresholds(Table):
    """What `monitor` calls too much (exit 6)."""

    cpu: float = Field(default=90.0, gt=0)
    """Percent of one core, per replica."""
    memory: float = Field(default=90.0, gt=0, le=100)
    """Percent of the host's memory, over all replicas."""
    disk: float = Field(default=90.0, gt=0, le=100)
    """Percent of the disk used."""
    response: Seconds = 1.0
    """Seconds an endpoint may take to answer."""
    error_rate: Ratio = 0.01
    """Share of requests that may fail."""


class Monitor(Table):
    """What `monitor` measures."""

    endpoints: tuple[Endpoint, ...] = ()
    """Paths of the application, or whole URLs, that must answer 200 to 399; its health check is
    always among them."""
    thresholds: Thresholds = Thresholds()
    """What counts as too much."""
