"""What a deployment now would change: commits, release, and the settings replicas run with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from fullcycle.errors import UsageError
from fullcycle.model import Commit  # noqa: TC001 (a field of what is shown as JSON)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fullcycle.model import Workload
    from fullcycle.project import Project

LEFT_OUT = frozenset({"release", "process", "processes", "secrets"})
"""Fields of a workload that are compared in a way of their own, or say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One setting that a deployment now would change."""

    name: str
    """`env.DEBUG`, `health.path`, `processes.worker.replicas`."""
    running: str | None
    """What it is now; None where it isn't set."""
    wanted: str | None

    def __str__(self) -> str:
        return f"{self.name}: {self.running or 'none'} → {self.wanted or 'none'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What the environment would get."""

    commits: tuple[Commit, ...]
    """At HEAD and not in what runs, newest first."""
    changes: tuple[Change, ...]
    """Between what runs and what `deploy` would run now."""
    note: str = ""
    """Why the settings are not compared."""

    @property
    def text(self) -> str:
        """For people."""
        commits = [f"{each.sha[:9]} {each.subject}" for each in self.commits]
        lines = [*commits, *map(str, self.changes), *filter(None, [self.note])]
        return "\n".join(lines) or "none"


def difference(project: Project) -> Difference:
    """Compare what runs with HEAD, the release that would be deployed, and the settings."""
    from fullcycle.versioning.commits import standing

    deployment = project.platform.runtime.status().deployment
    running = deployment.workload if deployment else None
    since = running.release.revision if running else None
    commits = tuple(standing(project.repository.commits(since)))
    if running is None:
        return Difference(commits=commits, changes=(), note="nothing runs")
    try:
        wanted = _wanted(project)
    except UsageError as error:
        return Difference(commits=commits, changes=(), note=f"settings not compared: {error}")
    mask = project.masker.mask
    changes = tuple(_changes(_flat(running, mask), _flat(wanted, mask)))
    return Difference(commits=commits, changes=changes)


def _wanted(project: Project) -> Workload:
    from .release import find
    from .workload import workload

    return workload(project, find(project))


def _changes(running: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted(running.keys() | wanted.keys()):
        if running.get(name) != wanted.get(name):
            yield Change(name=name, running=running.get(name), wanted=wanted.get(name))


def _flat(workload: Workload, mask: Callable[[str], str]) -> dict[str, str]:
    """All that a workload says, by name."""
    release = workload.release
    found = {"release.version": release.version, "release.digest": release.digest}
    found |= {f"secrets.{name}": "set" for name in workload.secrets}
    for each in fields(workload):
        if each.name not in LEFT_OUT:
            found |= _named(each.name, getattr(workload, each.name), mask)
    for process in workload.processes:
        found |= _named(f"processes.{process.name}", process, mask)
    return found


def _named(name: str, value: Any, mask: Callable[[str], str]) -> dict[str, str]:
    if is_dataclass(value):
        value = {each.name: getattr(value, each.name) for each in fields(value)}
    if isinstance(value, Mapping):
        items = value.items()
        return {k: v for key, one in items for k, v in _named(f"{name}.{key}", one, mask).items()}
    if isinstance(value, tuple):
        return {f"{name}.{one}": "set" for one in value}
    if value is None:
        return {}
    return {name: mask(str(value.value if isinstance(value, Enum) else value))}
