"""From the links of a chain, as the user wrote them, to one graph of steps."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.pipeline.step import Command, Step

from . import BESIDE, CHAINS, known, steps_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from fullcycle.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of a chain: a stage, for an environment, or a task of the user's own."""

    name: str
    environment: str | None = None
    arguments: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As the user would write it."""
        return shlex.join(filter(None, (self.name, self.environment, *self.arguments)))


def parse(
    chain: str, links: Sequence[str], chains: Mapping[str, Sequence[str]], tasks: Collection[str]
) -> list[Link]:
    """Read the links of a chain, with the chains among them opened up.

    Raises:
        UsageError: a link is neither stage, chain nor task, or a chain contains itself.
    """
    return _open(links, {**CHAINS, **chains}, tasks, within=(chain,))


def _open(
    links: Sequence[str],
    chains: Mapping[str, Sequence[str]],
    tasks: Collection[str],
    within: tuple[str, ...],
) -> list[Link]:
    opened: list[Link] = []
    for text in links:
        link = _read(text, within[-1], chains, tasks)
        if link.name not in chains:
            opened.append(link)
            continue
        if link.name in within:
            path = " → ".join((*within, link.name))
            raise UsageError(f"chain {link.name!r} contains itself: {path}")
        inner = _open(chains[link.name], chains, tasks, (*within, link.name))
        opened += [
            replace(each, environment=each.environment or link.environment) for each in inner
        ]
    return opened


def _read(
    text: str, chain: str, chains: Mapping[str, Sequence[str]], tasks: Collection[str]
) -> Link:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"chain {chain!r}: {text!r} cannot be read: {error}") from error
    if not words:
        raise UsageError(f"chain {chain!r} has an empty link")
    name, *rest = words
    if name in tasks and name not in known() and name not in chains:
        return Link(name=name, arguments=tuple(rest))
    if name not in known() and name not in chains:
        candidates = [*known(), *chains, *tasks]
        near = get_close_matches(name, candidates, 1)
        meant = f"did you mean {near[0]!r}?" if near else f"stages: {', '.join(known())}"
        raise UsageError(f"chain {chain!r}: {name!r} is no stage, chain or task", hint=meant)
    if rest[:1] == ["--env"]:
        rest = rest[1:]
    if len(rest) > 1 or any(word.startswith("-") for word in rest):
        raise UsageError(
            f"chain {chain!r}: {text!r} has more than an environment",
            hint=f"write `{name} ENVIRONMENT`",
        )
    return Link(name=name, environment=rest[0] if rest else None)


def graph(
    links: Sequence[Link],
    project: Callable[[str | None], Project],
    task_command: Callable[[Sequence[str]], tuple[str, ...]],
) -> list[Step]:
    """One graph of all the steps of all the links.

    A link waits for every link before it, except that neighbours that may run beside each other
    do. A step's own needs hold within the graph; needs on steps that are not in it are dropped:
    what an earlier command handed over serves instead.

    Args:
        links: what to do, in order.
        project: the project as a link sees it, by the link's environment.
        task_command: the command that runs a task of the user's own.
    """
    steps: list[Step] = []
    earlier: list[tuple[Link, frozenset[str]]] = []
    names: set[str] = set()
    for link in links:
        own = _steps(link, project, task_command, names)
        waits = frozenset().union(
            *(done for other, done in earlier if not _beside(other, link, earlier))
        )
        steps += [replace(step, needs=step.needs | waits) for step in own]
        names |= {step.name for step in own}
        earlier.append((link, frozenset(step.name for step in own if not step.always)))
    present = {step.name for step in steps}
    return [replace(step, needs=step.needs & present - {step.name}) for step in steps]


def _beside(other: Link, link: Link, earlier: Sequence[tuple[Link, frozenset[str]]]) -> bool:
    """Whether `other` is part of the unbroken row of stages beside which `link` may run."""
    if link.name not in BESIDE:
        return False
    for candidate, _ in reversed(earlier):
        if candidate.name not in BESIDE or candidate.name == link.name:
            return False
        if candidate is other:
            return True
    return False


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
        step, name=step.name + suffix, needs=rename(step.needs), after=rename(step.after)
    )
