"""Settings in force, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fullcycle import providers
from fullcycle.errors import UsageError

from .keys import Key, dotted, leaves
from .references import referred
from .words import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .layers import Layers
    from .schema import Environment, Settings


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """The settings of a project, valid as a whole."""

    settings: Settings
    root: Path
    file: Path | None
    """None when the settings come from elsewhere (Invoke's configuration, variables)."""
    options: Mapping[str, Any] = field(repr=False)
    """The providers' own settings, by environment; without those whose provider cannot be loaded
    on this machine."""
    layers: Layers = field(repr=False)

    @cached_property
    def values(self) -> dict[Key, Any]:
        """Every value in force, the providers' own included, by key."""
        data = self.settings.model_dump(mode="json", by_alias=True)
        for name, options in self.options.items():
            own = options.model_dump(mode="json")
            data["environments"][name] |= own
        return dict(leaves(data))

    @cached_property
    def origins(self) -> dict[str, str]:
        """Where every value in force comes from, by dotted key.

        `default`, `fullcycle.toml:7`, `invoke configuration`, `FULLCYCLE_APP__PORT` or `flag`.
        """
        return {dotted(key): self.layers.origin(key) for key in self.values}

    def environment(self, name: str | None = None) -> tuple[str, Environment]:
        """An environment and its name; the default one for None.

        Raises:
            UsageError: there is none of that name.
        """
        name = name or self.settings.defaults.env
        environments = self.settings.environments
        if name in environments:
            return name, environments[name]
        meant = nearest(name, environments)
        advice = f"did you mean {meant!r}? " if meant else ""
        raise UsageError(
            f"unknown environment {name!r}", hint=f"{advice}there are: {', '.join(environments)}"
        )

    def target(self, name: str | None = None) -> providers.Target:
        """What the environment's provider is made for.

        Raises:
            UsageError: there is no environment of that name.
            OutOfReachError: its provider cannot be loaded on this machine.
        """
        name, environment = self.environment(name)
        if name not in self.options:
            providers.load(environment.provider)
        return providers.Target(
            app=self.settings.app.name,
            environment=name,
            root=self.root,
            options=self.options[name],
        )

    def provider(self, name: str | None = None) -> providers.Provider:
        """The environment's provider; raises as `target` does."""
        target = self.target(name)
        return providers.load(self.environment(name)[1].provider)(target)

    def secret_names(self) -> frozenset[str]:
        """Names of the environment variables whose values nothing may show."""
        settings = self.settings
        return frozenset({*settings.secrets, *settings.app.secrets, *referred(_texts(settings))})


def _texts(settings: Settings) -> Iterator[str]:
    """The texts that may refer to variables."""
    for endpoint in settings.monitor.endpoints:
        yield from endpoint.headers.values()
    for notifier in settings.notify.values():
        yield from notifier.texts
    for runbook in settings.runbooks.values():
        for request in filter(None, (step.http for step in runbook.steps)):
            yield from request.texts
