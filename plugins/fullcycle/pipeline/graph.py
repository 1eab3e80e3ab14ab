"""The graph of a run's steps: whether it makes sense, and which part of it is asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

from fullcycle.errors import UsageError

from .resources import capacities

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from .step import Step


class Selection(NamedTuple):
    """What is left of the steps after `--only` and `--skip`."""

    steps: tuple[Step, ...]
    skipped: frozenset[str]
    """Names of those that count as done without being run."""


def validate(steps: Sequence[Step]) -> None:
    """Make sure that every step can get its turn.

    Raises:
        UsageError: two steps share a name, a step waits for one that doesn't exist, or for itself,
            or steps disagree on what they use.
    """
    names = Counter(step.name for step in steps)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise UsageError(f"there are two steps called {twice[0]!r}", hint="rename one of them")
    for step in steps:
        for other in sorted(step.needs | step.after):
            if other not in names:
                raise _unknown(
                    f"step {step.name!r} needs {other!r}, which does not exist", other, names
                )
    ranks(steps)
    capacities(steps)


def select(steps: Sequence[Step], only: Sequence[str] = (), skip: Sequence[str] = ()) -> Selection:
    """The steps that `--only` and `--skip` leave.

    Both take names of steps (`test.unit`), of stages, which stand for all their steps (`test`),
    and of steps with a matrix, which stand for all of it. With `only`, the other steps are gone,
    and nobody waits for them. What is skipped counts as done for those who need it.

    Raises:
        UsageError: a name is unknown, or nothing is left to do.
    """
    names = [step.name for step in steps]
    wanted = _named(only, names, "--only") if only else frozenset(names)
    skipped = _named(skip, names, "--skip") & wanted
    kept = restrict(steps, wanted)
    if kept and len(skipped) == len(kept):
        raise UsageError("nothing is left to do: every step is skipped", hint="change --skip")
    return Selection(kept, skipped)


def restrict(steps: Sequence[Step], names: Collection[str]) -> tuple[Step, ...]:
    """These steps only; nobody waits for the others."""
    wanted = frozenset(names)
    return tuple(
        replace(step, needs=step.needs & wanted, after=step.after & wanted)
        for step in steps
        if step.name in wanted
    )


def expand(needs: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """What is needed, with all of a matrix where its step is meant (`test.unit`)."""
    families: dict[str, set[str]] = {}
    for name in names:
        families.setdefault(name.partition("[")[0], set()).add(name)
    return frozenset().union(*(families.get(need, {need}) for need in needs))


def ranks(steps: Iterable[Step]) -> dict[str, int]:
    """How many steps must end one after the other before each step can start.

    Raises:
        UsageError: steps wait for one another in a circle.
    """
    waits = {step.name: step.needs | step.after for step in steps}
    try:
        order = list(TopologicalSorter(waits).static_order())
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise UsageError(
            f"steps wait for one another: {circle}", hint="remove one of these `needs`"
        ) from error
    found: dict[str, int] = {}
    for name in order:
        found[name] = 1 + max((found[other] for other in waits.get(name, ())), default=-1)
    return found


def _named(wanted: Sequence[str], names: Sequence[str], flag: str) -> frozenset[str]:
    found: set[str] = set()
    for name in wanted:
        chosen = [n for n in names if n == name or n.startswith((f"{name}.", f"{name}["))]
        if not chosen:
            stages = {n.partition(".")[0] for n in names}
            raise _unknown(f"{flag} {name}: there is no such step", name, {*names, *stages})
        found.update(chosen)
    return frozenset(found)


def _unknown(message: str, name: str, names: Iterable[str]) -> UsageError:
    near = get_close_matches(name, sorted(names), 1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    return UsageError(message, hint=f"{meant}there are: {', '.join(sorted(names))}")
