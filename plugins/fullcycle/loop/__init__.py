"""What each stage of the loop does, as steps. Knows nothing of Invoke.

A stage's module offers `steps(project) -> list[Step]`. This module knows which stages there are
and which of them may run beside each other; importing it costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.pipeline.step import Step
    from fullcycle.project import Project

STAGES = (
    "plan",
    "code",
    "build",
    "test",
    "release",
    "deploy",
    "operate",
    "monitor",
    "review",
)

BESIDE = frozenset({"code", "build", "test"})
"""Stages that don't wait for each other: none of them needs what another makes, except the
smoke test, which says so itself."""

CHAINS: dict[str, tuple[str, ...]] = {
    "delivery": ("plan", "code", "build", "test"),
    "ci": ("delivery", "release"),
    "cd": ("deploy", "operate", "monitor"),
    "full-cycle": ("ci", "cd", "review"),
}

Written: TypeAlias = "str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]]"
"""A link of a chain as it is written: `"deploy staging"`, `{"run": "tidy", "always": True}`, or a
list of these, which don't wait for each other."""

_added: dict[str, list[Step]] = {}


def spelled(links: Sequence[Written]) -> str:
    """Links in words: `[lint, types], build`."""
    return ", ".join(map(_spelled, links))


def _spelled(link: Written) -> str:
    if isinstance(link, str):
        return link
    return str(link["run"]) if isinstance(link, Mapping) else f"[{spelled(link)}]"


def add(stage: str, step: Step) -> None:
    """Add a step of the user's own to a stage; a stage of that name is made when there is none."""
    steps = _added.setdefault(stage, [])
    steps[:] = [other for other in steps if other.name != step.name] + [step]


def added() -> list[str]:
    """The names of the steps of the user's own."""
    return [step.name for steps in _added.values() for step in steps]


def known() -> tuple[str, ...]:
    """All stages: ours in their order, then the user's own."""
    return STAGES + tuple(name for name in _added if name not in STAGES)


def steps_of(stage: str, project: Project) -> list[Step]:
    """The steps of a stage, as the settings make them."""
    builtin: list[Step] = []
    if stage in STAGES:
        make: Callable[[Project], list[Step]] = import_module(f"{__name__}.{stage}").steps
        builtin = make(project)
    return builtin + _added.get(stage, [])
