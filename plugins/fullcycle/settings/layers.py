"""The layers that settings come from, and who of them said what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from .keys import MISSING, Key, dotted, lookup, merged, nested

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .source import SettingsFile

BUILT_IN: dict[str, Any] = {"app": {}, "environments": {"local": {}}}
"""The lowest layer: there is always a place to run in. Other defaults are in the schema."""


@dataclass(frozen=True)
class Layer:
    """Settings of one origin."""

    data: Mapping[str, Any]
    origin: Callable[[Key], str]
    """Where a key of this layer was written: `fullcycle.toml:7`."""
    line: Callable[[Key], int] = lambda _: 0
    prefix: Key = ()
    """What a user writes before each key here."""


def from_file(file: SettingsFile) -> Layer:
    """What the settings file says."""

    def origin(key: Key) -> str:
        line = file.line(key)
        return f"{file.path.name}:{line}" if line else file.path.name

    return Layer(file.data, origin, file.line, file.prefix)


def from_invoke(data: Mapping[str, Any]) -> Layer:
    """What the Invoke configuration says."""
    return Layer(data, lambda _: "invoke configuration", prefix=("fullcycle",))


def from_variables(data: Mapping[str, Any], names: Mapping[Key, str]) -> Layer:
    """What environment variables say; `names` has the variable of each key."""

    def origin(key: Key) -> str:
        near = (name for at, name in names.items() if at == key[: len(at)] or key == at[: len(key)])
        return next(near, "environment")

    return Layer(data, origin)


def from_flags(flags: Mapping[str, Any]) -> Layer:
    """What flags say, by dotted key; a flag that is None was not given."""
    given = [
        nested(tuple(key.split(".")), value) for key, value in flags.items() if value is not None
    ]
    return Layer(reduce(merged, given, {}), lambda _: "flag")


@dataclass(frozen=True)
class Layers:
    """All layers, the lowest first."""

    layers: tuple[Layer, ...]

    def under(self, *above: Layer) -> Layers:
        """These, and those above them."""
        return Layers((*self.layers, *above))

    def say(self, name: str) -> bool:
        """Whether anybody wrote anything in a table."""
        return any(name in layer.data for layer in self.layers)

    def merged(self) -> dict[str, Any]:
        """The settings in force, not validated yet."""
        return reduce(merged, (layer.data for layer in self.layers), BUILT_IN)

    def origin(self, key: Key) -> str:
        """Where the value in force was written; `default` when nobody wrote one."""
        for depth in range(len(key), 0, -1):
            layer = self._holder(key[:depth])
            if layer is None:
                continue
            short = depth < len(key)  # a value that stands for a whole table
            if short and isinstance(lookup(layer.data, key[:depth]), dict):
                return "default"
            return layer.origin(key[:depth])
        return "default"

    def told(self, key: Key, message: str) -> tuple[tuple[int, int], str]:
        """Rank and text of an error's line: where, key, what.

        What nobody wrote is missing where the most of the tables around it are written.
        """
        layer, at = self._holder(key), key
        while layer is None and at:
            at = at[:-1]
            layer = next((each for each in self.layers if _has(each, at)), None)
        layer = layer or self.layers[0]
        where, name = layer.origin(at), dotted((*layer.prefix, *key))
        return (self.layers.index(layer), layer.line(at)), f"{where}: {name}: {message}"

    def _holder(self, key: Key) -> Layer | None:
        """The topmost layer that has the key: its value is in force."""
        return next((each for each in reversed(self.layers) if _has(each, key)), None)


def _has(layer: Layer, key: Key) -> bool:
    return lookup(layer.data, key) is not MISSING
