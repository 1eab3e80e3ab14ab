"""Where a project begins."""

from __future__ import annotations

from pathlib import Path

FILE = "fullcycle.toml"
PYPROJECT = "pyproject.toml"


def find_root(start: Path) -> Path:
    """The project's folder, seen from a folder inside it.

    It is the nearest folder with settings, else with a tasks.py, else the root of the git
    repository, else `start` itself. The search ends at the root of the repository: settings
    that lie outside don't belong to it.
    """
    start = Path(start).resolve()
    folders = _folders(start)
    for begins in (_has_settings, _has_tasks, _is_repository):
        found = next((folder for folder in folders if begins(folder)), None)
        if found is not None:
            return found
    return start


def _holds_settings(text: str) -> bool:
    """Whether a pyproject.toml has a `[tool.fullcycle]`, even if it is not valid TOML."""
    import tomllib

    if "fullcycle" not in text:
        return False
    try:
        tool = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError:
        return "tool.fullcycle" in text
    return isinstance(tool, dict) and "fullcycle" in tool


def _folders(start: Path) -> list[Path]:
    folders = [start, *start.parents]
    for count, folder in enumerate(folders, 1):
        if _is_repository(folder):
            return folders[:count]
    return folders


def _has_settings(folder: Path) -> bool:
    if (folder / FILE).exists():
        return True
    try:
        text = (folder / PYPROJECT).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return _holds_settings(text)


def _has_tasks(folder: Path) -> bool:
    return (folder / "tasks.py").is_file()


def _is_repository(folder: Path) -> bool:
    return (folder / ".git").exists()
