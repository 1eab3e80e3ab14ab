"""Travis CI: folds by control lines, and nothing else."""

from __future__ import annotations

import re

from .dialect import Dialect


class Travis(Dialect):
    """Folds, whose names must differ."""

    _count = 0
    _fold = ""

    def open(self, title: str) -> str:
        """See Dialect."""
        self._count += 1
        self._fold = f"{re.sub(r'[^A-Za-z0-9_.-]', '_', title)}.{self._count}"
        return f"travis_fold:start:{self._fold}\r\x1b[0K{title}\n"

    def close(self, *, failed: bool = False) -> str:  # noqa: ARG002
        """See Dialect."""
        return f"travis_fold:end:{self._fold}\r\x1b[0K\n"

    def disarm(self, text: str) -> str:
        """See Dialect."""
        return re.sub(r"travis_(fold|time):", r"travis_\1 :", text)
