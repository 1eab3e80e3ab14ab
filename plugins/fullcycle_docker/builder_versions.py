"""Versions: what `docker` programs say of themselves, remembered from command to command.

Asking one takes as long as half a build in which nothing has changed.
"""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from fullcycle.pipeline.folder import write_atomically

ASK_SECONDS = 20


def told(program: str) -> str:
    """What `program --version` says: as remembered, unless the program's file is another one."""
    mark, known = _mark(program), _known()
    if program in known and known[program][0] == mark:
        return known[program][1]
    if said := _ask(program):
        _remember({**known, program: [mark, said]})
    return said


def _mark(program: str) -> str:
    """What changes with the file of a program."""
    path = Path(program).resolve()
    with suppress(OSError):
        found = path.stat()
        return f"{path} {found.st_ino} {found.st_size} {found.st_mtime_ns}"
    return ""


def _ask(program: str) -> str:
    try:
        return subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=ASK_SECONDS, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _file() -> Path:
    return user_cache_path("fullcycle") / "docker-versions.json"


def _known() -> dict[str, list[str]]:
    """By program: its mark, and what it said; nothing when the file is not ours."""
    with suppress(OSError, ValueError, AttributeError):
        found = json.loads(_file().read_text(encoding="utf-8"))
        return {
            name: [str(mark), str(said)]
            for name, (mark, said) in found.items()
            if Path(name).exists()
        }
    return {}


def _remember(known: dict[str, list[str]]) -> None:
    with suppress(OSError):  # asked again next time
        _file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(_file(), json.dumps(known))
