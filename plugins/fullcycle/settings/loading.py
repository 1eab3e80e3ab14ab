"""From what was written to settings in force."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from fullcycle import providers
from fullcycle.errors import FullcycleError, UsageError

from . import source, variables
from .keys import plain
from .layers import Layer, Layers, from_file, from_flags, from_invoke, from_variables
from .loaded import Loaded
from .validation import validate
from .words import described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .validation import Problem


def load(
    root: Path,
    *,
    invoke: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Loaded:
    """The settings of the project in a folder, validated as a whole.

    Each layer goes over the one before: defaults, the settings file, the Invoke configuration,
    environment variables, flags.

    Args:
        root: the project's folder, as `find_root` finds it.
        invoke: what the Invoke configuration has under `fullcycle`.
        environ: environment variables; those of this process by default.
        flags: dotted keys and values; None stands for a flag that was not given.

    Raises:
        UsageError: anything is wrong; one line for each problem, with its place.
    """
    file = source.read(root)
    below = Layers((*([from_file(file)] if file else []), *_invoke(invoke)))
    options = cache(_options)
    found = variables.read(
        os.environ if environ is None else environ, below.merged(), _or_any(options)
    )
    layers = below.under(from_variables(found.data, found.names), from_flags(flags or {}))
    if file is None and not layers.say("app"):
        raise _nothing(root)
    checked = validate(layers.merged(), options)
    if checked.settings is None or checked.problems or found.problems:
        raise UsageError("\n".join([*_told(layers, checked.problems), *found.problems]))
    return Loaded(
        settings=checked.settings,
        root=root,
        file=file.path if file else None,
        options=checked.options,
        layers=layers,
    )


def _invoke(configuration: Any) -> list[Layer]:
    configuration = plain(configuration or {})
    if not isinstance(configuration, dict):
        wrong = described(configuration)
        raise UsageError(f"invoke configuration: fullcycle: should be a table, is {wrong}")
    return [from_invoke(configuration)] if configuration else []


def _options(provider: str) -> Any:
    return providers.load(provider).Options


def _or_any(options: Callable[[str], Any]) -> Callable[[Any], Any]:
    """Lenient: what is wrong with the provider comes up when all is validated."""

    def find(provider: Any) -> Any:
        try:
            return options(provider)
        except (FullcycleError, TypeError):
            return Any

    return find


def _told(layers: Layers, problems: list[Problem]) -> list[str]:
    return [line for _, line in sorted(layers.told(key, what) for key, what in problems)]


def _nothing(root: Path) -> UsageError:
    return UsageError(
        f"no settings: there is no fullcycle.toml in {root}",
        hint="`invoke init` writes one for the application it finds",
    )
