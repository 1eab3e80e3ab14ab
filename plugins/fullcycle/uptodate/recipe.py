"""Recipe: what the result of a step depends on, and what the step makes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EVERYTHING = ("**",)
"""The inputs of a step that may read any file of the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What the result of a step depends on. A step without one always runs."""

    command: str | tuple[str, ...] = ()
    """What it runs: the programs in it are part of the key, unless `tools` says which are."""
    cwd: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    """The variables it sets; only their digests are kept."""
    environ: tuple[str, ...] = ()
    """Names of the variables it reads; only digests of their values are kept."""
    inputs: tuple[str, ...] = ()
    """Glob patterns of the files it reads."""
    outputs: tuple[str, ...] = ()
    """Glob patterns of the files it makes."""
    tools: tuple[str, ...] = ()
    """Commands that print the versions of what it uses."""
    facts: tuple[str, ...] = ()
    """What it reads of git and of the hand-over folder; see `facts`."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Settings that it reads, by name."""
    upstream: frozenset[str] = frozenset()
    """Steps whose outputs it reads."""
    artifact: bool = False
    """It makes the artifact in the hand-over folder."""

    def renamed(self, rename: Callable[[frozenset[str]], frozenset[str]]) -> Recipe:
        """The same, where the steps it reads from have other names."""
        return replace(self, upstream=rename(self.upstream))
