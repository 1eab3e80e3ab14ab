"""Where the application runs, and how it gets there."""
# ruff: noqa: RUF012, TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from fullcycle.settings.forms import (
    Command,
    Name,
    Port,
    Ratio,
    Seconds,
    Template,
    Variable,
    Volume,
    Written,
)
from fullcycle.settings.table import Table

from .app import ResourceSettings
from .scaling import Autoscale

PROVIDER = "process"
"""The provider of an environment that names none."""


class StrategySettings(Table):
    """How a new version replaces the old one."""

    kind: Literal["rolling", "blue-green", "canary", "linear"] = "rolling"
    """`rolling`: some replicas at a time, each healthy before the next; `blue-green`: all new
    ones beside the old, then all requests at once; `canary`: a growing share of the requests;
    `linear`: one that grows in equal steps."""
    batch: int = Field(default=1, ge=1)
    """Replicas replaced at a time, for `rolling`."""
    steps: tuple[Annotated[int, Field(ge=1, le=99)], ...] = (10, 50)
    """Percent of the requests that the new version gets, step by step, for `canary`."""
    step: int = Field(default=10, ge=1, le=99)
    """By how many percent the new version's share of the requests grows, for `linear`."""
    pause: float = Field(default=60.0, ge=0)
    """Seconds that a step lasts, for `canary` and `linear`, and that blue stays ready while green
    serves."""
    approve: bool = False
    """Whether a person must say yes after every step."""
    error_rate: Ratio | None = 0.01
    """Share of the new version's requests that may fail during a step; more undoes it."""
    p50: Seconds | None = None
    """Seconds within which half of its requests must be answered."""
    p95: Seconds | None = None
    """The same for 95 percent of them."""
    p99: Seconds | None = None
    """The same for 99 percent of them."""
    min_requests: int = Field(default=20, ge=1)
    """Fewer requests within a step are no data."""
    on_no_data: Literal["fail", "pause", "pass"] = "pause"
    """What becomes of a step without data: it is undone, a person is asked, or it passes."""

    @model_validator(mode="after")
    def _steps_grow(self) -> Self:
        if list(self.steps) != sorted(set(self.steps)):
            raise ValueError("steps should grow from one to the next, such as [10, 50]")
        return self


class Environment(Table):
    """A place the application runs in. The provider adds keys of its own."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    provider: str = PROVIDER
    """The provider that runs it: see `provider.list`."""
    replicas: int = Field(default=1, ge=1, le=1000)
    """Copies of the application."""
    port: Port | None = None
    """The port users reach it on, if not the application's own."""
    strategy: StrategySettings = StrategySettings()
    """How a new version replaces the old one."""
    autoscale: Autoscale | None = None
    """Between how many replicas the load decides; `replicas` says it alone without."""
    env: dict[Variable, Template] = {}
    """Environment variables, over those of the application."""
    processes: dict[Name, int] = {}
    """How many replicas of the application's other processes, where it isn't what [app] says."""
    resources: ResourceSettings = ResourceSettings()
    """What a replica may use at most."""
    volumes: tuple[Volume, ...] = ()
    """What replicas keep: `NAME:/path`, or a folder of the machine `/folder:/path`, each with `:ro`
    if it is only read. `{root}` is replaced."""
    user: str = ""
    """Whose rights replicas run with: `UID:GID`, a name that their image knows, or `host` for
    whoever deploys, whose files in a mounted folder they can then use; what the image says,
    without."""
    networks: tuple[Written, ...] = ()
    """Networks of the platform that replicas join beside their own."""
    approve: bool = False
    """A person must say yes before a deployment, or `--approve` does."""
    production: bool = False
    """Whether its deployments count for the DORA metrics; without any production environment
    all of them do."""
    health_deadline: Seconds = 30.0
    """Seconds a new replica may take to become healthy."""
    drain: Seconds = 30.0
    """Seconds running requests get to finish when a replica is replaced."""
    stop_grace: Seconds = 10.0
    """Seconds between SIGTERM and SIGKILL."""

    @property
    def extra(self) -> dict[str, Any]:
        """The provider's own keys, not validated yet."""
        return dict(self.model_extra or {})


class Deploy(Table):
    """What belongs to a deployment."""

    before: tuple[Command, ...] = ()
    """Commands run inside the new release, one after another, before its first replica starts:
    migrations. When one fails, nothing is replaced."""
