"""What a Cobertura file says about the lines that tests reach."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from pathlib import Path

LEAST = 10
"""Files named, those with the most lines never reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A file, or all of them."""

    name: str = ""
    lines: int = 0
    covered: int = 0

    @property
    def ratio(self) -> float:
        """Share of the lines that were reached; 1 without lines."""
        return self.covered / self.lines if self.lines else 1.0

    @property
    def percent(self) -> str:
        """`87.3 %`, and 100 only for all of them."""
        return f"{int(self.ratio * 1000) / 10:g} %"

    @property
    def missed(self) -> int:
        """Lines never reached."""
        return self.lines - self.covered


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The lines that a suite reaches."""

    total: Covered
    files: int = 0
    least: tuple[Covered, ...] = ()
    """Files with the most lines never reached, at most LEAST."""


def read(path: Path, since: float) -> Coverage | None:
    """A Cobertura file written since a moment; None when there is none, or it is no such file.

    Lines are counted, not taken from the file's own sums: some writers leave those out. A line
    that several classes of one file name counts once.

    Args:
        path: the file.
        since: seconds since 1970; an older file is of another run.
    """
    try:
        if path.stat().st_mtime < since - 1:
            return None
        tree = ET.parse(path)  # noqa: S314 (the project's own file)
    except (OSError, ET.ParseError):
        return None
    hits: dict[str, dict[str, bool]] = defaultdict(dict)
    for each in tree.iter("class"):
        file = hits[each.get("filename", each.get("name", ""))]
        for line in each.iter("line"):
            number = line.get("number", "")
            file[number] = file.get(number, False) or line.get("hits", "0") != "0"
    if not hits:
        return None
    files = [
        Covered(name=name, lines=len(lines), covered=sum(lines.values()))
        for name, lines in hits.items()
    ]
    return Coverage(
        total=Covered(lines=sum(f.lines for f in files), covered=sum(f.covered for f in files)),
        files=len(files),
        least=tuple(sorted((f for f in files if f.missed), key=_worst)[:LEAST]),
    )


def _worst(file: Covered) -> tuple[int, str]:
    return (-file.missed, file.name)
