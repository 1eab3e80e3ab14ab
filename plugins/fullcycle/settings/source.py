"""The settings file of a project, read and parsed."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fullcycle.errors import UsageError

from .keys import MISSING, Key, lookup
from .root import FILE, PYPROJECT
from .words import described

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class SettingsFile:
    """What the settings file says, and where."""

    path: Path
    text: str
    prefix: Key
    """The table that holds the settings."""
    data: dict[str, Any]

    def line(self, key: Key) -> int:
        """The line of a key, or of the nearest table around it; 0 when there is none."""
        from .positions import position

        return position(self._positions, (*self.prefix, *key))

    @cached_property
    def _positions(self) -> dict[Key, int]:
        from .positions import positions

        return positions(self.text)


def read(root: Path) -> SettingsFile | None:
    """The settings file of the project, if there is one.

    Raises:
        UsageError: there are two, or it cannot be read or parsed; with line and column.
    """
    if not root.is_dir():
        raise UsageError(f"{root}: {'is not a folder' if root.exists() else 'no such folder'}")
    own = _load(root / FILE, ())
    shared = _load(root / PYPROJECT, ("tool", "fullcycle"))
    if own and shared:
        line = shared.line(())
        raise UsageError(
            f"settings are in {FILE} and in {PYPROJECT}:{line}, [tool.fullcycle]",
            hint="keep one of the two",
        )
    return own or shared


def _load(path: Path, prefix: Key) -> SettingsFile | None:
    if not path.exists() and not path.is_symlink():
        return None
    content = _content(path)
    if prefix and b"fullcycle" not in content:
        return None
    text = _decoded(path.name, content)
    data = lookup(_parsed(path.name, text), prefix)
    if data is MISSING:
        return None
    file = SettingsFile(path, text, prefix, data)
    if not isinstance(data, dict):
        where = f"{path.name}:{file.line(())}"
        raise UsageError(f"{where}: tool.fullcycle: should be a table, is {described(data)}")
    return file


def _content(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise UsageError(f"{path.name}: is not a file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path.name}: cannot be read: {error.strerror}") from error


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{name}:{line}: is not UTF-8: byte 0x{content[error.start]:02x}",
            hint="save the file as UTF-8",
        ) from error


def _parsed(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(_syntax(name, text, str(error))) from error


def _syntax(name: str, text: str, message: str) -> str:
    """The parser's message, its position first: `fullcycle.toml:3:5: expected …`."""
    found = re.fullmatch(
        r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL
    )
    if found is None:
        return f"{name}: {message}"
    what, line, column = found.groups()
    rows = text.rstrip("\n").split("\n")
    line, column = line or len(rows), column or len(rows[-1]) + 1
    return f"{name}:{line}:{column}: {what[0].lower()}{what[1:]}"
