"""The templates, with the one style sheet and the one script every page carries inline."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fullcycle.web import templates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

HERE = Path(__file__).parent
HTML = "text/html"
JSON = "application/json"
HARMLESS = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The policy for a page that was not made here: no script runs, nothing is loaded."""
BUSY_REFRESH = 2
"""Seconds until a page is looked at again that shows something running."""
IDLE_REFRESH = 10
PAGES = {
    "/": "Overview",
    "/deployments": "Deployments",
    "/replicas": "Replicas",
    "/readings": "Readings",
    "/objectives": "Objectives",
    "/logs": "Logs",
}


@dataclass(frozen=True, slots=True)
class Body:
    """What an address answers with."""

    content: bytes
    kind: str
    etag: str
    status: int = 200
    policy: str = ""
    """A Content-Security-Policy of its own; the one of all pages when empty."""

    @classmethod
    def of(cls, text: str, kind: str, status: int = 200) -> Body:
        """The body of a text."""
        content = text.encode()
        return cls(content, kind, sha256(content).hexdigest()[:20], status)


def page(
    template: str, *, status: int = 200, busy: bool = False, live: bool = True, **values: Any
) -> Body:
    """A page, rendered.

    Args:
        template: its name, without the ending.
        status: of the response.
        busy: whether the page should be looked at again soon.
        live: whether it asks to be told when there is something new.
        values: what the template needs.
    """
    refresh = BUSY_REFRESH if busy else IDLE_REFRESH
    found = _environment().get_template(f"{template}.html.j2")
    text = found.render(refresh=refresh, live=live, pages=PAGES, **values)
    return Body.of(text, HTML, status)


def favicon() -> bytes:
    """The icon, as SVG."""
    return (HERE / "static/favicon.svg").read_bytes()


@cache
def own_version() -> str:
    """The version of the distribution; `unknown` when it isn't installed."""
    try:
        return version("fullcycle")
    except PackageNotFoundError:
        return "unknown"


@cache
def security_headers() -> Mapping[str, str]:
    """Headers of every response: nothing is loaded from anywhere, only our own code runs."""
    return {
        "Content-Security-Policy": policy(),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


@cache
def policy(form: str = "'none'") -> str:
    """The Content-Security-Policy of a page of ours; `form` is where its forms may lead."""
    return (
        "default-src 'none'; "
        f"style-src {templates.policy(_style())}; script-src {templates.policy(_script())}; "
        "connect-src 'self'; img-src 'self'; "
        f"base-uri 'none'; form-action {form}; frame-ancestors 'none'"
    )


@cache
def _environment() -> Environment:
    environment = templates.environment(HERE / "templates")
    environment.globals |= {
        "style": templates.trusted(_style()),
        "script": templates.trusted(_script()),
        "version": own_version(),
        "replica": os.environ.get("FULLCYCLE_REPLICA", ""),
        "deployed": os.environ.get("FULLCYCLE_VERSION", ""),
    }
    return environment


@cache
def _style() -> str:
    return templates.style(HERE / "static/style.css")


@cache
def _script() -> str:
    return templates.source(HERE / "static/script.js")
