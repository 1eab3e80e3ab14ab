"""A glance at the settings file, cheap enough for `invoke --list`: the names of chains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.loop import Written

FILES = {"fullcycle.toml": (), "pyproject.toml": ("tool", "fullcycle")}


def chains(start: Path | None = None) -> dict[str, Sequence[Written]]:
    """The user's chains in the nearest settings file.

    Nothing when there are none, or when the file cannot be read.
    """
    folder = start or Path.cwd()
    for candidate in (folder, *folder.parents):
        for file, path in FILES.items():
            found = _read(candidate / file, path)
            if found is not None:
                return found
    return {}


def _read(file: Path, path: tuple[str, ...]) -> dict[str, Sequence[Written]] | None:
    """None when the file holds no settings of ours."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    if path and ".".join(path) not in text:
        return None
    if "chains" not in text:
        return {}
    return {
        name: links
        for name, links in _table(text, (*path, "chains")).items()
        if isinstance(links, list) and all(map(_is_link, links))
    }


def _is_link(link: Any) -> bool:
    if isinstance(link, dict):
        return isinstance(link.get("run"), str)
    return isinstance(link, str) or (isinstance(link, list) and all(map(_is_link, link)))


def _table(text: str, path: tuple[str, ...]) -> dict[str, Any]:
    import tomllib

    try:
        table: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}
    for key in path:
        table = table.get(key, {}) if isinstance(table, dict) else {}
    return table if isinstance(table, dict) else {}
