"""From the links of a chain to one graph of steps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fullcycle.pipeline.graph import expand
from fullcycle.pipeline.step import Command, Step

from . import BESIDE, known, steps_of
from .links import Group, Link

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from fullcycle.project import Project

    from .links import Row


def graph(
    links: Row,
    project: Callable[[str | None], Project],
    task_command: Callable[[Sequence[str]], tuple[str, ...]],
) -> list[Step]:
    """One graph of all the steps of all the links.

    A link waits for every link before it, except that the members of a group don't wait for each
    other, nor do neighbours that may run beside each other. A step's own needs hold within the
    graph; needs on steps that are not in it are dropped: what an earlier command handed over
    serves instead.

    Args:
        links: what to do, in order.
        project: the project as a link sees it, by the link's environment.
        task_command: the command that runs a task of the user's own.
    """
    layout = _Layout(project, task_command)
    layout.row(links, _Waits())
    present = {step.name for step in layout.steps}
    return [
        replace(
            step,
            needs=expand(step.needs, present) & present - {step.name},
            recipe=step.recipe and step.recipe.renamed(lambda names: expand(names, present)),
        )
        for step in layout.steps
    ]


@dataclass(frozen=True, slots=True)
class _Waits:
    """What somebody waits for: steps that must have succeeded, and those that must have ended."""

    needs: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()

    def and_(self, others: Iterable[_Waits]) -> _Waits:
        others = list(others)
        return _Waits(
            self.needs.union(*(other.needs for other in others)),
            self.after.union(*(other.after for other in others)),
        )

    def relaxed(self) -> _Waits:
        """Nothing has to succeed any more."""
        return _Waits(after=self.needs | self.after)


_Placed = tuple[Link | Group, _Waits]


@dataclass
class _Layout:
    project: Callable[[str | None], Project]
    task_command: Callable[[Sequence[str]], tuple[str, ...]]
    steps: list[Step] = field(default_factory=list)

    def row(self, links: Row, before: _Waits) -> _Waits:
        """Place links one after another; returns what whoever comes next waits for."""
        earlier: list[_Placed] = []
        for link in links:
            waits = before.and_(
                done for other, done in earlier if not _beside(other, link, earlier)
            )
            done = self._placed(link, waits)
            earlier.append((link, done.relaxed() if link.passable else done))
        return _Waits().and_(done for _, done in earlier)

    def _placed(self, link: Link | Group, waits: _Waits) -> _Waits:
        return self._link(link, waits) if isinstance(link, Link) else self._group(link, waits)

    def _group(self, group: Group, waits: _Waits) -> _Waits:
        return _Waits().and_([self.row(links, waits) for links in group.rows])

    def _link(self, link: Link, waits: _Waits) -> _Waits:
        own = _steps(link, self.project, self.task_command, {step.name for step in self.steps})
        self.steps += [
            replace(
                step,
                needs=step.needs | waits.needs,
                after=step.after | waits.after,
                always=step.always or link.always,
            )
            for step in own
        ]
        return _Waits(frozenset(step.name for step in own if not step.always))


def _beside(other: Link | Group, link: Link | Group, earlier: Sequence[_Placed]) -> bool:
    """Whether `other` is part of the unbroken row of stages beside which `link` may run."""
    if not _sociable(link):
        return False
    for candidate, _ in reversed(earlier):
        if not _sociable(candidate) or _name(candidate) == _name(link):
            return False
        if candidate is other:
            return True
    return False


def _sociable(link: Link | Group) -> bool:
    return isinstance(link, Link) and link.name in BESIDE and not link.always


def _name(link: Link | Group) -> str:
    return link.name if isinstance(link, Link) else ""


def _steps(
    link: Link,
    project: Callable[[str | None], Project],
    task_command: Callable[[Sequence[str]], tuple[str, ...]],
    taken: Collection[str],
) -> list[Step]:
    if link.name in known():
        own = steps_of(link.name, project(link.environment))
    else:
        words = (link.name, *link.arguments)
        own = [Step(name=link.name, action=Command(run=task_command(words)), show=True)]
    if not any(step.name in taken for step in own):
        return own
    suffix = f"@{link.environment}" if link.environment else ""
    number = 2
    while any(step.name + suffix in taken for step in own):
        suffix = f"@{link.environment or ''}{number}"
        number += 1
    return [_renamed(step, suffix, {each.name for each in own}) for step in own]


def _renamed(step: Step, suffix: str, siblings: Collection[str]) -> Step:
    """The same step under another name, for a stage that comes twice in a chain."""

    def rename(names: frozenset[str]) -> frozenset[str]:
        return frozenset(name + suffix if name in siblings else name for name in names)

    return replace(
        step,
        name=step.name + suffix,
        needs=rename(step.needs),
        after=rename(step.after),
        recipe=step.recipe and step.recipe.renamed(rename),
    )
