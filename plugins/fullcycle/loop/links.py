"""The links of a chain, as the user wrote them, read."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from fullcycle.errors import UsageError

from . import CHAINS, known

if TYPE_CHECKING:
    from collections.abc import Collection

    from . import Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of a chain: a stage, for an environment, or a task of the user's own."""

    name: str
    environment: str | None = None
    arguments: tuple[str, ...] = ()
    always: bool = False
    """It runs whatever became of the links before it."""
    passable: bool = False
    """The links after it run even when it fails; the chain fails at its end."""

    def under(self, above: Link) -> Link:
        """The same, as a link of a chain that is one itself."""
        return replace(
            self,
            environment=self.environment or above.environment,
            always=self.always or above.always,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of links that don't wait for each other."""

    rows: tuple[Row, ...]
    passable: bool = False


Row = tuple[Link | Group, ...]
"""Links that wait for those before them."""


def parse(
    chain: str,
    links: Sequence[Written],
    chains: Mapping[str, Sequence[Written]],
    tasks: Collection[str],
) -> Row:
    """Read the links of a chain, with the chains among them opened up.

    Raises:
        UsageError: a link is neither stage, chain nor task, or a chain contains itself.
    """
    return _Reader({**CHAINS, **chains}, tasks).row(links, (chain,))


def each(row: Row) -> Iterator[Link]:
    """All links, those of groups included."""
    for link in row:
        if isinstance(link, Link):
            yield link
        else:
            for inner in link.rows:
                yield from each(inner)


@dataclass(frozen=True, slots=True)
class _Reader:
    chains: Mapping[str, Sequence[Written]]
    tasks: Collection[str]

    def row(self, links: Sequence[Written], within: tuple[str, ...]) -> Row:
        return tuple(each for link in links for each in self._opened(link, within))

    def _opened(self, written: Written, within: tuple[str, ...]) -> Row:
        if isinstance(written, Sequence) and not isinstance(written, str):
            return (Group(tuple(self.row((link,), within) for link in written)),)
        link = self._link(written, within[-1])
        if link.name not in self.chains:
            return (link,)
        if link.name in within:
            path = " → ".join((*within, link.name))
            raise UsageError(f"chain {link.name!r} contains itself: {path}")
        inner = _under(self.row(self.chains[link.name], (*within, link.name)), link)
        return (Group((inner,), passable=True),) if link.passable else inner

    def _link(self, written: str | Mapping[str, Any], chain: str) -> Link:
        if isinstance(written, str):
            return self._read(written, chain)
        return replace(
            self._read(written["run"], chain),
            always=bool(written.get("always")),
            passable=bool(written.get("continue")),
        )

    def _read(self, text: str, chain: str) -> Link:
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise UsageError(f"chain {chain!r}: {text!r} cannot be read: {error}") from error
        if not words:
            raise UsageError(f"chain {chain!r} has an empty link")
        name, *rest = words
        if name in self.tasks and name not in known() and name not in self.chains:
            return Link(name=name, arguments=tuple(rest))
        if name not in known() and name not in self.chains:
            candidates = [*known(), *self.chains, *self.tasks]
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


def _under(row: Row, above: Link) -> Row:
    return tuple(
        link.under(above)
        if isinstance(link, Link)
        else replace(link, rows=tuple(_under(inner, above) for inner in link.rows))
        for link in row
    )
