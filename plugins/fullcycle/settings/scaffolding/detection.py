"""What an existing application is: its name, checks, tests, build, and how it starts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .evidence import Evidence
from .starts import starts
from .steps import checks, tests

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = ".fullcycle/build/app"
"""Where scaffolded builds put their output: ignored by git, so that a build leaves the work tree
clean."""

_CLEAN = f"rm -rf {OUTPUT} && mkdir -p {OUTPUT}"
_SNAPSHOT = f"{_CLEAN} && git ls-files -z | tar --null -T - -cf - | tar -xf - -C {OUTPUT}"
"""A copy of all files that git knows, as they are in the work tree."""

_HEALTH = re.compile(r"""["'](/(?:healthz|health|livez|readyz|up|ping))/?["']""")


def detect(root: Path) -> dict[str, Any]:
    """What the files of the application's folder give away, for `render`.

    `name`, `run` (empty when nothing seems to start it), `port`, `health`, `code` and `test`
    (commands by name) and `build` (keys of the table).
    """
    found = Evidence(root)
    return {
        "name": _name(found),
        "run": next(starts(found), ""),
        "port": _port(found),
        "health": _health(found),
        "code": checks(found),
        "test": tests(found),
        "build": _build(found),
    }


def sanitised(name: str) -> str:
    """The name in the form that all platforms take; `app` when nothing is left of it."""
    dashed = re.sub(r"[^a-z0-9]+", "-", name.lower())
    return re.sub(r"^[^a-z]+", "", dashed)[:40].strip("-") or "app"


def _name(found: Evidence) -> str:
    names = (found.project.get("name"), found.package.get("name"))
    return sanitised(next((name for name in names if isinstance(name, str)), found.root.name))


def _port(found: Evidence) -> int:
    """The port the Dockerfile exposes, if anybody may listen on it."""
    exposed = re.search(r"^EXPOSE\s+(\d{4,5})\b", found.text("Dockerfile"), re.MULTILINE)
    return int(exposed[1]) if exposed and 1024 <= int(exposed[1]) <= 65535 else 8000  # noqa: PLR2004 (registered ports)


def _health(found: Evidence) -> str:
    paths = (_HEALTH.search(source) for source in found.sources())
    return next((path[1] for path in paths if path), "/")


def _build(found: Evidence) -> dict[str, str]:
    if found.is_distribution:
        locked = _is_locked(found.text("requirements.txt"))
        return {"kind": "python"} | ({"requirements": "requirements.txt"} if locked else {})
    return {"kind": "command", "run": _command(found), "output": OUTPUT}


def _is_locked(requirements: str) -> bool:
    lines = [line.strip() for line in requirements.splitlines()]
    wanted = [line for line in lines if line and not line.startswith(("#", "--hash"))]
    return bool(wanted) and all("==" in line for line in wanted)


def _command(found: Evidence) -> str:
    if found.has("go.mod"):
        return f"{_CLEAN} && go build -o {OUTPUT}/app ."
    if found.has("Cargo.toml"):
        name = found.cargo_name or sanitised(found.root.name)
        return f"{_CLEAN} && cargo build --release && cp target/release/{name} {OUTPUT}/app"
    return " && ".join([_SNAPSHOT, *_installation(found)])


def _installation(found: Evidence) -> list[str]:
    """What puts the dependencies beside the copied files."""
    if found.package:
        install = "npm ci" if found.has("package-lock.json") else "npm install"
        built = " && npm run build" if "build" in found.scripts else ""
        return [f"cd {OUTPUT} && {install}{built}"]
    if found.has("requirements.txt"):
        return [f"python -m pip install --quiet --target {OUTPUT} -r requirements.txt"]
    return []
