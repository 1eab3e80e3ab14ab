"""What a user may write, and what it means when they don't.

The texts under the fields are the reference: `config.schema` and the docs are made from them.
"""
# ruff: noqa: RUF012, TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from typing import Any

from pydantic import Field

from fullcycle.settings.forms import Name, Variable
from fullcycle.settings.steps import CommandStep, Retries, TestStep, When
from fullcycle.settings.table import Table

from .app import App, Health, ProcessSettings, ResourceSettings
from .build import Build, Cache, Smoke
from .chains import ChainLink, Link
from .environment import PROVIDER, Deploy, Environment, StrategySettings
from .monitor import EndpointSettings, Monitor, Thresholds
from .notify import Notifier
from .operate import Operate
from .release import Plan, Release
from .runbook import Request, Runbook, RunbookStep
from .scaling import (
    Autoscale,
    BehaviourSettings,
    DownSettings,
    PeakSettings,
    QueueSettings,
    RateSettings,
    UpSettings,
)
from .slo import Slo

__all__ = [
    "PROVIDER",
    "App",
    "Autoscale",
    "BehaviourSettings",
    "Build",
    "Cache",
    "CommandStep",
    "Defaults",
    "Deploy",
    "DownSettings",
    "EndpointSettings",
    "Environment",
    "Health",
    "LedgerSettings",
    "Link",
    "Monitor",
    "Notifier",
    "Operate",
    "PeakSettings",
    "Plan",
    "ProcessSettings",
    "QueueSettings",
    "RateSettings",
    "Release",
    "Request",
    "ResourceSettings",
    "Retries",
    "Runbook",
    "RunbookStep",
    "Settings",
    "Slo",
    "Smoke",
    "StrategySettings",
    "TestStep",
    "Thresholds",
    "UpSettings",
    "When",
]


class Defaults(Table):
    """What flags would say otherwise."""

    env: str = "local"
    """The environment of `--env`."""
    jobs: int | None = Field(default=None, ge=1)
    """Steps run at the same time; the number of cores when not set."""


class LedgerSettings(Table):
    """The records of what was done here."""

    keep: int = Field(default=200, ge=1, le=100_000)
    """Runs kept with their logs, the newest; beside them what still runs, and the last run of
    every chain that succeeded. Deployments are kept for ever."""


class Settings(Table):
    """All settings of a project."""

    app: App
    """The application."""
    defaults: Defaults = Defaults()
    """What flags would say otherwise."""
    plan: Plan = Plan()
    """What `plan` looks at."""
    code: dict[Name, CommandStep] = {}
    """The checks before merging, by name; all run in parallel."""
    build: Build = Build()
    """How the artifact is made."""
    test: dict[Name, TestStep] = {}
    """The test suites, by name."""
    cache: Cache = Cache()
    """Where results of steps are kept."""
    smoke: Smoke = Smoke()
    """The test of the built artifact itself."""
    release: Release = Release()
    """How versions are made and marked."""
    environments: dict[Name, Environment] = {"local": Environment()}
    """Where the application runs, by name. `local` is always there."""
    deploy: Deploy = Deploy()
    """What belongs to a deployment."""
    operate: Operate = Operate()
    """What belongs to operating."""
    notify: dict[Name, Notifier] = {}
    """Who hears of what happens, by name."""
    runbooks: dict[Name, Runbook] = {}
    """Runbooks, by name."""
    monitor: Monitor = Monitor()
    """What `monitor` measures."""
    slo: dict[Name, Slo] = {}
    """What users may rely on, by name: error budgets, and alerts when they burn too fast."""
    ledger: LedgerSettings = LedgerSettings()
    """The records of what was done here."""
    secrets: tuple[Variable, ...] = ()
    """Names of environment variables whose values are masked wherever they would appear."""
    chains: dict[Name, tuple[ChainLink, ...]] = {}
    """Chains of your own: stages (`deploy staging`), other chains and your own Invoke tasks, one
    after another. Links of an inner list don't wait for each other."""

    def written_chains(self) -> dict[str, list[Any]]:
        """The chains in the types that TOML has."""
        dumped = self.model_dump(mode="json", include={"chains"}, by_alias=True)
        written: dict[str, list[Any]] = dumped["chains"]
        return written
