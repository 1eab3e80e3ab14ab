"""How values become HTML: one set of rules, symbols and styles for every page."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fullcycle.words import amount, duration, plural, utc

from . import chart, figures

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

HERE = Path(__file__).parent
SHARED = ("document.html.j2", "parts.html.j2", "icons.html.j2")
"""Templates that the pages in one file are made of."""


def environment(folder: Path) -> Environment:
    """The templates of a folder and those all pages share; everything shown is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader([folder, HERE / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"duration": duration, "amount": amount, "plural": plural, "utc": utc}
    made.globals |= {"plural": plural, "figures": figures, "charts": chart}
    return made


def document(environment: Environment, name: str, own: Path, data: Any, **values: Any) -> str:
    """A page in one file that needs nothing else and asks nobody for anything.

    Args:
        environment: finds the template, one that extends `document.html.j2`.
        name: of the template.
        own: its style, beside the one all pages share.
        data: embedded as JSON, for machines.
        values: what the template needs.
    """
    text = style(own)
    return environment.get_template(name).render(
        style=trusted(text), policy=policy(text), data=embedded(data), **values
    )


def style(own: Path) -> str:
    """The style all pages share, and after it that of one of them."""
    return source(HERE / "static/base.css") + source(own)


def source(path: Path) -> str:
    """The text of a file of this package."""
    return path.read_text(encoding="utf-8")


def trusted(text: str) -> Markup:
    """Text of this package's own, to stand in a page as it is."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 (never a value of the user's)


def policy(text: str) -> str:
    """What a Content-Security-Policy calls an inline style or script of that text."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def embedded(value: Any) -> Markup:
    """A value as JSON that can stand in a script element: no `<`, `>` or `&` in it."""
    text = json.dumps(value, default=_plain, ensure_ascii=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return trusted(text)


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
