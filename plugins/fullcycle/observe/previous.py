"""The round before, kept in a file: a `monitor` that cron starts has rates, too."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.pipeline.codec import dump, parse
from fullcycle.pipeline.folder import NAME, state_folder, write_atomically

from .derive import Between, Round

if TYPE_CHECKING:
    from fullcycle.project import Project

FOLDER = "collected"
OLDEST = timedelta(hours=1)
"""A round that is longer ago says nothing about now."""


class Previous:
    """The last round of an environment, whoever made it."""

    def __init__(self, project: Project) -> None:
        self._root = project.root
        self._file = f"{project.environment_name}.json"
        self._last: Round | None = None

    def until(self, now: Round) -> Between | None:
        """What happened between the last round and this one, which becomes the last.

        None when there is no last one, or an old one.
        """
        last, self._last = self._last or self._stored(), now
        write_atomically(state_folder(self._root, FOLDER) / self._file, dump(now))
        if last is None or not timedelta(0) < now.at - last.at <= OLDEST:
            return None
        return Between(last, now)

    def _stored(self) -> Round | None:
        path = self._root / NAME / FOLDER / self._file
        with suppress(OSError, UsageError):
            return parse(Round, path.read_bytes(), path)
        return None
