"""Programs that run once, beside those that the supervisor keeps running."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from . import launch
from .home import write
from .supervisor import bare_python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .supervisor import Program


@contextmanager
def launching(program: Program) -> Iterator[list[str]]:
    """The command that becomes the program; its secrets have to be in its environment."""
    facts = {**asdict(program), "log": "", "pid": ""}
    with tempfile.TemporaryDirectory(prefix="fullcycle-run-") as folder:
        file = Path(folder) / "program.json"
        write(file, json.dumps(facts))
        yield [bare_python(), "-I", "-S", str(Path(launch.__file__)), str(file)]
