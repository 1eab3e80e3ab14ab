"""Whether it is the time for a step, by what its settings say under `when`."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.project import Project
    from fullcycle.settings.steps import When


def reason(when: When, project: Project) -> str:
    """Why it isn't the time; empty when it is.

    Raises:
        UsageError: git is asked, and there is no repository.
    """
    return (
        _environment(when.environment, project.environment_name)
        or _variable(when.variable)
        or _branch(when.branch, project)
        or _changed(when, project)
    )


def _environment(patterns: Sequence[str], name: str) -> str:
    if not patterns or _fits(name, patterns):
        return ""
    return f"the environment is {name}, not {_either(patterns)}"


def _variable(names: Sequence[str]) -> str:
    missing = [name for name in names if not os.environ.get(name)]
    return f"{missing[0]} is not set" if missing else ""


def _branch(patterns: Sequence[str], project: Project) -> str:
    from fullcycle.versioning.branch import current

    if not patterns:
        return ""
    branch = current(project.repository, os.environ)
    if branch is None:
        return f"no branch is checked out, it runs on {_either(patterns)}"
    if _fits(branch, patterns):
        return ""
    return f"the branch is {branch}, not {_either(patterns)}"


def _changed(when: When, project: Project) -> str:
    if not when.changed:
        return ""
    from fullcycle.uptodate.patterns import Patterns

    base = project.changes.base(when.since)
    if base is None:
        return ""
    patterns = Patterns(when.changed)
    if any(patterns.matches(path) for path in project.changes.since(base.commit)):
        return ""
    return f"nothing in {', '.join(when.changed)} changed since {base.words}"


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _either(patterns: Sequence[str]) -> str:
    return " or ".join(patterns)
