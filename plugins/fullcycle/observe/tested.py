"""What a run keeps of its tests: files in its folder, for its report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.pipeline.codec import dump, parse
from fullcycle.pipeline.folder import write_atomically

from .coverage import Coverage  # noqa: TC001 (read at run time when files are parsed)
from .junit import Suite  # noqa: TC001 (read at run time when files are parsed)

if TYPE_CHECKING:
    from pathlib import Path

ENDING = ".tests.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """A suite's tests and coverage, as its step left them."""

    step: str
    suite: Suite
    coverage: Coverage | None = None

    @property
    def summary(self) -> str:
        """`212 passed, 3 failed, coverage 87.3 %`."""
        parts = [self.suite.summary] if self.suite.tests or self.coverage is None else []
        parts += [f"coverage {self.coverage.total.percent}"] if self.coverage else []
        return ", ".join(parts)


def keep(folder: Path, tested: Tested) -> None:
    """Write it to the run's folder; a second attempt of a step takes the place of the first.

    Raises:
        OSError: the folder cannot be written to.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", tested.step)
    write_atomically(folder / f"{name}{ENDING}", dump(tested, indent=2) + "\n")


def kept(folder: Path) -> list[Tested]:
    """All that a run kept, by step; damaged files are left out."""
    found = []
    for path in sorted(folder.glob(f"*{ENDING}")):
        try:
            found.append(parse(Tested, path.read_bytes(), path))
        except (OSError, FullcycleError):
            continue
    return sorted(found, key=lambda tested: tested.step)
