"""The files `init` writes for an existing application."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fullcycle.errors import UsageError

from . import source
from .root import FILE
from .scaffolding.detection import detect
from .scaffolding.steps import JUNIT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["detect", "render", "write"]

TASKS = '''"""The tasks of this project: `invoke --list` shows them."""

from fullcycle import ns

__all__ = ["ns"]
'''
IGNORED = ".fullcycle/"

_HEAD = """\
# Settings of fullcycle. `invoke config.show` prints all that are in force, and where each comes
# from; `invoke config.schema` prints the JSON Schema of this file for your editor.
"""
_RUN = """\
# Starts one replica. {port} is the port it must listen on, which is also in the variable PORT.
"""
_ENVIRONMENTS = """\
# Where it runs. `invoke deploy --env NAME`; without --env it is "local".
[environments.local]
provider = "process"
replicas = 2

# [environments.staging]
# provider = "docker"
# replicas = 3
# approve = true            # somebody says yes before each deployment, or --approve does
"""
_CHAINS = """\
# Chains of your own; `invoke nightly` runs this one.
# [chains]
# nightly = ["build", "test", "deploy staging", "monitor staging"]
"""


def render(found: Mapping[str, Any]) -> str:
    """A commented fullcycle.toml for what `detect` found."""
    blocks = [
        _HEAD,
        _app(found),
        *(_step("code", name, run) for name, run in found["code"].items()),
        _table("build", found["build"]),
        *(_step("test", name, run) for name, run in found["test"].items()),
        _ENVIRONMENTS,
        _CHAINS,
    ]
    return "\n".join(blocks)


def write(root: Path, force: bool = False) -> list[Path]:
    """Write fullcycle.toml, tasks.py and an entry in .gitignore, where they are missing.

    Args:
        root: the application's folder.
        force: write fullcycle.toml anew; other files are never overwritten.

    Returns:
        What was written or changed.

    Raises:
        UsageError: there are settings already, or the folder cannot be written to.
    """
    _refuse_settings(root, force=force)
    text = render(detect(root))
    try:
        written = [_settings(root, text), _tasks(root), _gitignore(root)]
    except OSError as error:
        raise UsageError(f"cannot write to {root}: {error.strerror}") from error
    return [path for path in written if path]


def _refuse_settings(root: Path, *, force: bool) -> None:
    try:
        existing = source.read(root)
    except UsageError:
        if force and root.is_dir():
            return
        raise
    if existing and not (force and existing.path.name == FILE):
        hint = "--force writes it anew" if existing.path.name == FILE else ""
        raise UsageError(f"there are settings already, in {existing.path.name}", hint=hint)


def _settings(root: Path, text: str) -> Path:
    path = root / FILE
    path.write_text(text, encoding="utf-8")
    return path


def _tasks(root: Path) -> Path | None:
    path = root / "tasks.py"
    if path.exists() or (root / "tasks").is_dir():
        return None
    path.write_text(TASKS, encoding="utf-8")
    return path


def _gitignore(root: Path) -> Path | None:
    path = root / ".gitignore"
    before = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
    if any(line.strip().strip("/") == IGNORED.strip("/") for line in before.splitlines()):
        return None
    end = "" if not before or before.endswith("\n") else "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{end}{IGNORED}\n")
    return path


def _app(found: Mapping[str, Any]) -> str:
    run = f"run = {_quoted(found['run'])}" if found["run"] else '# run = "./serve --port {port}"'
    name, port, health = found["name"], found["port"], _quoted(found["health"])
    return (
        f'[app]\nname = "{name}"\n{_RUN}{run}\n'
        f"port = {port}\nhealth = {health}        # answers 200 to 399 when a replica is healthy\n"
    )


def _step(stage: str, name: str, run: str) -> str:
    keys: dict[str, Any] = {"run": run}
    if JUNIT in run:
        keys["reports"] = [JUNIT]
    return _table(f"{stage}.{name}", keys)


def _table(name: str, keys: Mapping[str, Any]) -> str:
    return f"[{name}]\n" + "".join(f"{key} = {_quoted(value)}\n" for key, value in keys.items())


def _quoted(value: str | list[str]) -> str:
    """As TOML writes it: JSON's strings are TOML's, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
