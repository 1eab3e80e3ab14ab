"""How an existing application is started, as far as its files tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fullcycle.settings.placeholders import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .evidence import Evidence

_ASGI = re.compile(
    r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?(?:FastAPI|Starlette|Litestar|Quart"
    r"|get_asgi_application)\(",
    re.MULTILINE,
)
_WSGI = re.compile(
    r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?(?:Flask|Bottle|get_wsgi_application)\(",
    re.MULTILINE,
)


def starts(found: Evidence) -> Iterator[str]:
    """Commands that seem to start one replica, the likeliest first."""
    yield from _procfile(found)
    yield from _web(found)
    yield from _package(found)
    yield from _scripts(found)
    yield from _files(found)


def _procfile(found: Evidence) -> Iterator[str]:
    web = re.search(r"^web:\s*(.+)$", found.text("Procfile"), re.MULTILINE)
    if web:
        yield re.sub(r"\$\{PORT(:-\d+)?\}|\$PORT\b", "{port}", escaped(web[1].strip()))


def _web(found: Evidence) -> Iterator[str]:
    """A module with an ASGI or WSGI application in it, ASGI first."""
    modules = list(found.modules())
    for pattern, command in ((_ASGI, _asgi), (_WSGI, _wsgi)):
        for name, text in modules:
            application = pattern.search(text)
            if application:
                yield command(found, f"{name}:{application[1]}")


def _asgi(found: Evidence, application: str) -> str:
    if "hypercorn" in found.requirements:
        return f"python -m hypercorn {application} --bind 127.0.0.1:{{port}}"
    return f"python -m uvicorn {application} --host 127.0.0.1 --port {{port}}"


def _wsgi(found: Evidence, application: str) -> str:
    if "gunicorn" in found.requirements:
        return f"python -m gunicorn {application} --bind 127.0.0.1:{{port}}"
    if "waitress" in found.requirements:
        return f"python -m waitress --listen=127.0.0.1:{{port}} {application}"
    if "flask" in found.requirements:
        return f"python -m flask --app {application} run --port {{port}}"
    return f"python -m gunicorn {application} --bind 127.0.0.1:{{port}}"


def _package(found: Evidence) -> Iterator[str]:
    """What package.json starts."""
    if "start" in found.scripts:
        yield "npm start"
    elif found.package and found.has("server.js"):
        yield "node server.js"


def _scripts(found: Evidence) -> Iterator[str]:
    """A command the Python distribution installs, the one of its own name first."""
    scripts = found.project.get("scripts")
    names = scripts if isinstance(scripts, dict) else {}
    yield from sorted(names, key=lambda name: name != found.project.get("name"))


def _files(found: Evidence) -> Iterator[str]:
    for package in found.packages:
        if (package / "__main__.py").is_file():
            yield f"python -m {package.name}"
    if found.has("manage.py"):
        yield "python manage.py runserver --noreload 127.0.0.1:{port}"
    for name in ("app", "main", "server"):
        if found.has(f"{name}.py"):
            yield f"python -m {name}" if found.is_distribution else f"python {name}.py"
    if found.has("go.mod", "Cargo.toml"):
        yield "./app"
    if found.has("index.html"):
        yield "python -m http.server --bind 127.0.0.1 {port}"
