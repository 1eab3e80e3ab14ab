"""Write the reference pages, or check that they are true."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import codes, commands, contract, handoff, notices, reports, settings, variables

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent.parent / "reference"
NOTE = "<!-- Made by `python -m docs.generate` from the code: change it there. -->"
PAGES: dict[str, Callable[[], str]] = {
    "settings": settings.page,
    "commands": commands.page,
    "exit-codes": codes.page,
    "handoff": handoff.page,
    "reports": reports.page,
    "notices": notices.page,
    "variables": variables.page,
    "contract": contract.page,
}


def main(words: list[str] | None = None) -> int:
    """Exit 1 when `--check` finds a stale page."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale")
    check = parser.parse_args(words).check
    stale = [name for name in PAGES if _is_stale(name)]
    for name in stale:
        sys.stdout.write(f"{'stale' if check else 'wrote'}: {_path(name).name}\n")
        if not check:
            _path(name).write_text(text(name), encoding="utf-8")
    return 1 if check and stale else 0


def text(name: str) -> str:
    """A page as it should be."""
    return f"{NOTE}\n\n{PAGES[name]().strip()}\n"


def _is_stale(name: str) -> bool:
    path = _path(name)
    return not path.exists() or path.read_text(encoding="utf-8") != text(name)


def _path(name: str) -> Path:
    return FOLDER / f"{name}.md"


if __name__ == "__main__":
    sys.exit(main())
