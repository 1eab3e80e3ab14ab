"""The page of notices."""

from __future__ import annotations

from fullcycle.model import Notice, NoticeKind

from . import source
from .handoff import value
from .markdown import table

INTRO = """# Notices

What a notifier (`[notify.NAME]`) gets: a webhook as a JSON document by POST, all others as text of
the same facts. Times are ISO 8601 with their time zone. Facts and links are there as far as they
are known; a newer version may add more of them, and more keys."""


def page() -> str:
    """From the values of the model."""
    rows = [(f"`{NoticeKind[name]}`", text) for name, text in source.members(NoticeKind)]
    kinds = f"## Kinds\n\n{table(('Kind', 'Meaning'), rows)}"
    return "\n\n".join([INTRO, value("## Notice", Notice), kinds])
