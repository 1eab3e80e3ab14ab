"""What a person, a CI server and a machine see of a run."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from fullcycle.project import Project

    from .reporter import Reporter
    from .screen import Screen


def choose(
    *,
    json: bool = False,
    verbose: bool = False,
    stream: TextIO | None = None,
    project: Project | None = None,
) -> Reporter:
    """The reporter that suits the place it reports to.

    Args:
        json: one JSON document of the run on standard output, everything for people on
            standard error.
        verbose: show all that the steps write.
        stream: where people read; standard output (or error, see `json`) without.
        project: whose run it is, for what a CI server gets beside the output.
    """
    from .screen import Screen

    screen = Screen(stream or (sys.stderr if json else sys.stdout))
    people = _for_people(screen, project, verbose=verbose)
    if not json:
        return people
    from .document import Document
    from .several import Several

    machine = Screen(sys.stdout)
    machine.quote = _harmless
    return Several((people, Document(machine)))


def _harmless(document: str) -> str:
    """The same JSON without anything that a CI server takes for a command of its own."""
    return document.replace("##", r"#\u0023")


def _for_people(screen: Screen, project: Project | None, *, verbose: bool) -> Reporter:
    from fullcycle.ci import spoken_here

    dialect = spoken_here(os.environ)
    if screen.interactive and not verbose and dialect is None:
        from .live import Live

        return Live(screen)
    from .plain import Plain

    if dialect is None:
        return Plain(screen, verbose=verbose)
    from fullcycle.ci.server import Server

    return Plain(screen, verbose=verbose, server=Server(dialect, project))
