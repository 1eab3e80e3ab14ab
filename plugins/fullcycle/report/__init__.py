"""What a person, a CI server and a machine see of a run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from .reporter import Reporter
    from .screen import Screen


def choose(*, json: bool = False, verbose: bool = False, stream: TextIO | None = None) -> Reporter:
    """The reporter that suits the place it reports to.

    Args:
        json: one JSON document of the run on standard output, everything for people on
            standard error.
        verbose: show all that the steps write.
        stream: where people read; standard output (or error, see `json`) without.
    """
    from .screen import Screen

    people = _for_people(Screen(stream or (sys.stderr if json else sys.stdout)), verbose=verbose)
    if not json:
        return people
    from .document import Document
    from .several import Several

    return Several((people, Document(Screen(sys.stdout))))


def _for_people(screen: Screen, *, verbose: bool) -> Reporter:
    from .dialect import spoken_here

    dialect = spoken_here()
    if screen.interactive and not verbose and dialect is None:
        from .live import Live

        return Live(screen)
    from .plain import Plain

    return Plain(screen, verbose=verbose, dialect=dialect)
