"""The annotations of a failed step: from its log, and from the test reports it wrote."""

from __future__ import annotations

import os
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from .annotation import Annotation
from .tools import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fullcycle.observe.junit import Case

LONGEST_LOG = 16 * 1024 * 1024
"""Bytes of a log that are read, counted from its end."""
MOST = 200
"""Annotations of a step; nobody reads more."""
ASIDE = frozenset({".git", ".tox", ".nox", ".venv", "venv", "node_modules", "site-packages"})
"""Folders of what others wrote."""


class Files:
    """The files of the repository a project is in."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        above = (self._root, *self._root.parents)
        self._top = next((folder for folder in above if (folder / ".git").exists()), self._root)
        self.resolve = lru_cache(maxsize=4096)(self._look_up)

    def _look_up(self, name: str) -> str | None:
        """The path from the repository's top of a file that a tool names; None for any other."""
        try:
            path = Path(os.path.normpath(self._root / name))
            inside = path.relative_to(self._top)
            found = path.is_file() and not ASIDE.intersection(inside.parts)
        except (OSError, ValueError):
            return None
        return inside.as_posix() if found else None


def findings(files: Files, log: Path, failures: Iterable[Case]) -> tuple[Annotation, ...]:
    """What is known about a step's failure, nothing twice, at most 200.

    Args:
        files: of the repository.
        log: the step's log.
        failures: tests that failed, as the step's reports tell.
    """
    said = chain(_reported(files, failures), Reader(files.resolve).read(_lines(log)))
    return tuple(islice(_once(said), MOST))


def _once(said: Iterable[Annotation]) -> Iterator[Annotation]:
    """Each place and rule once: tools print things twice, tests are reported and printed."""
    seen: set[tuple[str, int, str]] = set()
    for each in said:
        identity = (each.file, each.line, each.title.rpartition(".")[2] or each.message)
        if identity not in seen:
            seen.add(identity)
            yield each


def _lines(log: Path) -> Iterator[str]:
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LONGEST_LOG))
            for line in file:
                yield line.decode(errors="replace")
    except OSError:
        return


def _reported(files: Files, failures: Iterable[Case]) -> Iterator[Annotation]:
    """Failed tests, as far as their reports name a file: the one at the end of the traceback."""
    for case in failures:
        places = list(Reader(files.resolve).read(case.detail.splitlines()))
        named = files.resolve(case.file) if case.file else None
        file, line = (places[-1].file, places[-1].line) if places else (named, case.row)
        if file:
            message = case.message or case.detail.strip() or "failed"
            yield Annotation(file=file, line=line, title=case.name, message=message)
