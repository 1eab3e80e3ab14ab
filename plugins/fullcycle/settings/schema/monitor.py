"""What is measured."""
# ruff: noqa: RUF012, TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from fullcycle.settings.forms import Endpoint, HeaderName, Ratio, Seconds
from fullcycle.settings.table import Table

Percent = Annotated[float, Field(gt=0, le=100)]
Status = Annotated[int, Field(ge=100, le=599)]


class EndpointSettings(Table):
    """An endpoint that is asked, and which answer is right."""

    url: Endpoint
    """A path of the application, such as `/healthz`, or a whole URL."""
    status: tuple[Status, ...] = ()
    """Right statuses; 200 to 399 without. Redirects are not followed."""
    contains: str = ""
    """A text that the answer must contain, in its first 64 KiB."""
    matches: str = ""
    """A regular expression that must be found in it."""
    timeout: Seconds = 5.0
    """Seconds that an answer may take before it counts as none (Kamal's default)."""
    asks: int = Field(default=1, ge=1, le=100)
    """How often it is asked, one after another; all answers must be right."""
    response: Seconds | None = None
    """Seconds that the usual answer (the median) may take, if not those of the thresholds."""
    p95: Seconds | None = None
    """Seconds that 95 percent of the answers may take; needs `asks` of 20 or more."""
    tls_days: float | None = Field(default=None, ge=0)
    """Days that its certificate must be good for, if not those of the thresholds."""
    headers: dict[HeaderName, str] = {}
    """Headers of the request. `${NAME}` stands for an environment variable, whose value is shown
    nowhere."""

    @field_validator("matches")
    @classmethod
    def _regular(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        return text

    @model_validator(mode="after")
    def _enough_asks(self) -> Self:
        if self.p95 is not None and self.asks < 20:  # noqa: PLR2004 (1 of 20 is 5 percent)
            raise ValueError("p95 needs at least 20 asks")
        return self


def _as_table(written: Any) -> Any:
    return {"url": written} if isinstance(written, str) else written


EndpointForm = Annotated[
    EndpointSettings, BeforeValidator(_as_table, json_schema_input_type=str | EndpointSettings)
]


class Thresholds(Table):
    """What `monitor` calls too much (exit 6)."""

    cpu: float = Field(default=90.0, gt=0)
    """Percent of one core, per replica."""
    memory: Percent = 90.0
    """Percent of the host's memory, over all replicas."""
    memory_limit: Percent = 95.0
    """Percent of its own limit that a replica may use, where it has one."""
    disk: Percent = 90.0
    """Percent of the disk used."""
    inodes: Percent = 90.0
    """Percent of the disk's inodes used."""
    host_cpu: Percent = 100.0
    """Percent of all cores of the host."""
    host_memory: Percent = 95.0
    """Percent of the host's memory, whoever uses it."""
    restarts: int | None = Field(default=None, ge=0)
    """How often a replica may have been started again."""
    out_of_memory: int = Field(default=0, ge=0)
    """How often a replica may have been killed for want of memory."""
    response: Seconds = 1.0
    """Seconds an endpoint may take to answer."""
    p95: Seconds | None = None
    """Seconds that 95 percent of users' requests may take, as the proxy counts them."""
    p99: Seconds | None = None
    """Seconds that 99 percent of them may take."""
    error_rate: Ratio = 0.01
    """Share of requests that may fail."""
    tls_days: float = Field(default=7.0, ge=0)
    """Days that certificates of endpoints must be good for."""


class Monitor(Table):
    """What `monitor` measures."""

    endpoints: tuple[EndpointForm, ...] = ()
    """Paths of the application, or whole URLs, that must answer 200 to 399, or tables that say
    more; the application's health check is always among them."""
    thresholds: Thresholds = Thresholds()
    """What counts as too much."""
    alert_after: int = Field(default=3, ge=1)
    """Rounds in a row in which a threshold is breached before that is an alert."""
